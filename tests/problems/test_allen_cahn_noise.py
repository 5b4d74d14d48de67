from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.allen_cahn_noise import DECAY, POINTS, AllenCahnNoise
from sgmbench.problems.numerics.fourier_series import spectrum


def runs(problem, xi, sigma=1.0):
    return np.asarray(jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(np.array([sigma]), xi)["u"])


def germs(problem, n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, problem.germ_dimension))


def test_without_noise_constant_fields_follow_the_reaction_exactly():
    """u' = 3 u - u^3 has u = sqrt(3) / sqrt(1 + (3 / u_0^2 - 1) exp(-6 t)); the scheme has order 2."""
    starts = np.array([-1.2, -0.3, 0.01, 0.35, 1.0])
    exact = np.sign(starts) * np.sqrt(3 / (1 + (3 / (5 * starts) ** 2 - 1) * np.exp(-6 * 0.05)))
    errors, steps = [], np.array([128, 256, 512])
    for n in steps:
        problem = AllenCahnNoise(steps=int(n))
        xi = np.zeros((len(starts), problem.germ_dimension))
        xi[:, 0] = starts
        u = runs(problem, xi, sigma=0.0)
        assert np.ptp(u, axis=1).max() < 1e-13
        errors.append(np.sqrt(np.mean((u[:, 0] - exact) ** 2)))
    assert -np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2, abs=0.15)
    assert errors[0] < 1e-3


def test_small_fields_have_the_covariance_of_the_linear_equation():
    """Exactly, whatever the step: modes are Ornstein-Uhlenbeck processes of rate (2 pi k)^2 - 3."""
    problem, T = AllenCahnNoise(initial_sd=0.7, steps=32), 0.05
    at_zero = jnp.zeros(problem.germ_dimension)
    J = np.asarray(jax.jit(jax.jacrev(lambda xi: problem.simulate(jnp.array([0.4]), xi)["u"]))(at_zero))
    modes = np.fft.irfft(np.asarray(spectrum(jnp.eye(POINTS), POINTS)), n=POINTS)
    k = np.concatenate([[0], np.repeat(np.arange(1, 64), 2), [64]])
    r = (2 * np.pi * k) ** 2 - 3
    variance = 0.4**2 * (1 - np.exp(-2 * r * T)) / (2 * r)
    variance[: len(DECAY)] += (0.7 / (1 + k[: len(DECAY)] ** 2) * np.exp(-r[: len(DECAY)] * T)) ** 2
    np.testing.assert_allclose(J @ J.T, modes.T @ np.diag(variance) @ modes, atol=1e-10 * variance.sum())


@pytest.mark.parametrize("initial_sd", [0.0, 1.0])
def test_the_strong_order_is_one(initial_sd):
    """Space-time white noise, additive: successive levels with the same germ."""
    problem = AllenCahnNoise(initial_sd=initial_sd, steps=256)
    xi, levels = germs(problem, 24), []
    while problem is not None:
        levels.append(runs(problem, xi))
        problem = problem.coarser()
    differences = [np.sqrt(np.mean((fine - coarse) ** 2)) for fine, coarse in pairwise(levels)]
    assert len(differences) == 3
    assert np.polyfit(np.arange(3) * np.log(2), np.log(differences), 1)[0] == pytest.approx(1, abs=0.15)


def test_the_default_is_within_a_thousandth_of_its_limit():
    """Of the standard deviation, at the strongest noise of the prior, against a sixteenth of the step."""
    fine = AllenCahnNoise(steps=1024)
    xi, coarse = germs(fine, 24), fine
    for _ in range(4):
        coarse = coarse.coarser()
    limit = runs(fine, xi)
    assert coarse.steps >> coarse.level == AllenCahnNoise().steps
    assert np.sqrt(np.mean((runs(coarse, xi) - limit) ** 2)) < 1e-3 * limit.std()


def test_the_law_does_not_know_the_sign_of_u():
    problem = AllenCahnNoise()
    xi = germs(problem, 8)
    np.testing.assert_allclose(runs(problem, -xi), -runs(problem, xi), atol=1e-13)


def test_the_field_is_in_either_of_two_modes():
    u = runs(AllenCahnNoise(), germs(AllenCahnNoise(), 3000))
    for values in (u.mean(axis=1), u[:, 17]):
        between = np.mean(np.abs(values) < 0.4)
        at_modes = [np.mean(np.abs(values - mode) < 0.4) for mode in (-2.9, 2.9)]
        assert between < 0.6 * min(at_modes)
        assert abs(np.mean(values > 0) - 0.5) < 4 * 0.5 / np.sqrt(len(u))


def test_over_a_longer_time_noise_alone_decides_the_well():
    problem = AllenCahnNoise(initial_sd=0.1, duration=2.0, steps=1024)
    mean = runs(problem, germs(problem, 200)).mean(axis=1)
    assert np.mean(np.abs(mean) < 0.5) < 0.1
    assert np.mean(mean > 1) > 0.3
    assert np.mean(mean < -1) > 0.3


def test_single_precision_agrees():
    problem = AllenCahnNoise()
    xi = germs(problem, 8)
    exact = runs(problem, xi)
    with jax.enable_x64(False):
        u = jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(jnp.ones(1, "float32"), jnp.asarray(xi, "float32"))
    assert u["u"].dtype == jnp.float32
    assert np.abs(u["u"] - exact).max() < 1e-4 * exact.std()


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"steps": 48}, "steps: 48 cannot be halved"), ({"level": 2}, "level: 64 steps can be halved 1 times at most")],
)
def test_steps_that_cannot_be_halved_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        AllenCahnNoise(**settings)
