from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.burgers import DURATION, POINTS, SD, Burgers, evolve
from sgmbench.problems.numerics.fourier_series import spectrum

X = np.arange(POINTS) / POINTS


@pytest.fixture(scope="module")
def germ():
    return np.random.default_rng(0).standard_normal((32, len(SD)))


def series(xi, points):
    """The initial field on a grid."""
    c = np.concatenate([np.zeros((*xi.shape[:-1], 1)), SD * xi], axis=-1)
    return np.fft.irfft(np.asarray(spectrum(jnp.asarray(c), points)), n=points)


def cole_hopf(xi, nu, *, fine=4096):
    """u(T) on the 128 points by u = -2 nu phi_x / phi, phi the heat flow of exp(-(integral of u_0) / 2 nu)."""
    waves = 2j * np.pi * np.arange(fine // 2 + 1)
    u_0 = np.fft.rfft(series(xi, fine))
    integral = np.fft.irfft(np.divide(u_0, waves, out=np.zeros_like(u_0), where=waves != 0), n=fine)
    phi = np.fft.rfft(np.exp(-integral / (2 * nu))) * np.exp(nu * DURATION * waves**2)
    u = -2 * nu * np.fft.irfft(waves * phi, n=fine) / np.fft.irfft(phi, n=fine)
    return u[:, :: fine // POINTS]


def runs(xi, nu, level=0):
    return np.asarray(jax.jit(jax.vmap(Burgers(level=level).simulate, in_axes=(None, 0)))(np.array([nu]), xi)["u"])


@pytest.mark.parametrize(("nu", "tolerance"), [(0.01, 5e-5), (0.02, 2e-6), (0.1, 1e-6)])
def test_every_run_is_the_solution_of_cole_and_hopf(germ, nu, tolerance):
    exact = cole_hopf(germ, nu)
    assert np.sqrt(np.mean((runs(germ, nu) - exact) ** 2)) < tolerance * exact.std()


def test_refinement_converges_faster_than_any_power_of_the_mesh_width(germ):
    exact = cole_hopf(germ, 0.015)
    errors = [np.sqrt(np.mean((runs(germ, 0.015, level) - exact) ** 2)) for level in (2, 1, 0)]
    first, second = (np.log2(errors[i] / errors[i + 1]) for i in (0, 1))
    assert second > first + 1 > 4


def test_the_time_step_has_order_four(germ):
    u_0 = jax.vmap(lambda xi: spectrum(jnp.concatenate([jnp.zeros(1), SD * xi]), POINTS))(germ[:8])
    steps = np.array([128, 256, 512, 2048])
    *found, reference = (
        np.asarray(jax.jit(jax.vmap(partial(evolve, nu=jnp.asarray(0.02), points=POINTS, steps=int(n))))(u_0))
        for n in steps
    )
    errors = [np.sqrt(np.mean((u - reference) ** 2)) for u in found]
    assert -np.polyfit(np.log(steps[:3]), np.log(errors), 1)[0] == pytest.approx(4, abs=0.15)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_mean_stays_zero(germ, level):
    residual = jax.vmap(Burgers(level=level).constraints)({"u": jnp.asarray(runs(germ, 0.02, level))})["u.mean"]
    assert np.abs(residual).max() < 1e-15


def test_a_shifted_start_gives_a_shifted_end(germ):
    angle = 2 * np.pi * np.arange(1, 9) * 37 / POINTS
    a, b = germ[:, ::2], germ[:, 1::2]
    turned = np.stack([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], axis=2)
    np.testing.assert_allclose(
        runs(turned.reshape(germ.shape), 0.01), np.roll(runs(germ, 0.01), 37, axis=1), atol=1e-13
    )


def test_the_mirror_image_with_the_sign_turned_is_a_solution_too(germ):
    mirrored = -np.roll(runs(germ, 0.01)[:, ::-1], 1, axis=1)
    np.testing.assert_allclose(runs(germ * np.tile([-1, 1], 8), 0.01), mirrored, atol=1e-13)


def test_the_initial_field_has_the_covariance_of_the_published_law():
    """625 (25 - Lap)^-2 without its mean and beyond the eighth mode."""
    basis = series(np.eye(len(SD)), POINTS)
    k = np.arange(1, 9)
    lag = X[:, None] - X
    exact = 2 * np.sum(625 / (25 + (2 * np.pi * k) ** 2) ** 2 * np.cos(2 * np.pi * k * lag[..., None]), axis=-1)
    np.testing.assert_allclose(basis.T @ basis, exact, atol=1e-14)
    assert (np.diff(SD) <= 0).all()


def test_single_precision_agrees(germ):
    exact = runs(germ, 0.01)
    with jax.enable_x64(False):
        simulate = jax.jit(jax.vmap(Burgers().simulate, in_axes=(None, 0)))
        u = simulate(jnp.asarray([0.01], "float32"), jnp.asarray(germ, "float32"))["u"]
    assert u.dtype == jnp.float32
    assert np.abs(u - exact).max() < 1e-4 * exact.std()


def test_the_viscosity_can_be_differentiated(germ):
    @jax.jit
    def energy(nu):
        return jnp.mean(Burgers().simulate(nu[None], germ[0])["u"] ** 2)

    gradient = jax.grad(energy)(jnp.asarray(0.02))
    difference = (energy(jnp.asarray(0.02001)) - energy(jnp.asarray(0.01999))) / 2e-5
    assert float(gradient) == pytest.approx(float(difference), rel=1e-5)
