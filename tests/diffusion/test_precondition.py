"""Preconditioning: what a perfect network gives, what the zero network knows, and what the losses are of."""

from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.diffusion.noise import Level
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.flow import Flow
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.objective import Objective
from sgmbench.diffusion.precondition import Parameterization, coefficients, denoiser
from sgmbench.registry import builtin, load

PARAMETERIZATIONS = get_args(Parameterization)
N, K = 40, 5
NOTHING = jnp.zeros((N, 0))
Y, NOISE = jax.random.normal(jax.random.key(0), (2, N, K))


@pytest.fixture(params=builtin("noises"))
def noise(request):
    return load("noises", request.param)()


def levels(noise):
    """A level for each row, from one end of the noise's own path to the other."""
    return noise.level(jnp.linspace(noise.t_min, noise.t_max, N))


def unscaled(noise):
    """The same lambda on the path where data are never scaled."""
    ratio = levels(noise).ratio
    return Level(jnp.ones_like(ratio), ratio)


def noisy(level):
    return level.alpha[:, None] * Y + level.sigma[:, None] * NOISE


def targets(noise):
    """What F predicts, at `levels(noise)`."""
    alpha, sigma = (part[:, None] for part in levels(noise))
    a, b = (part[:, None] for part in noise.velocity(jnp.linspace(noise.t_min, noise.t_max, N)))
    return {
        "edm": (sigma * Y - alpha * NOISE) / jnp.sqrt(alpha**2 + sigma**2),
        "noise": NOISE,
        "score": -NOISE,
        "data": Y,
        "velocity": (a * Y + b * NOISE) / jnp.sqrt(a**2 + b**2),
    }


def objective(noise, parameterization, weight):
    return Objective(noise, parameterization, weight, law="log_normal", log_mean=0.0, log_sd=1.0)


@pytest.mark.parametrize("path", [levels, unscaled])
@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_a_perfect_network_gives_the_data_on_and_off_the_path_of_its_noise(noise, parameterization, path):
    level, target = path(noise), targets(noise)[parameterization]
    D = denoiser(lambda *_: target, parameterization, noise)(noisy(level), level, NOTHING)
    np.testing.assert_allclose(D, Y, rtol=0, atol=1e-11 * float(level.ratio.max()))


@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_denoising_does_not_depend_on_how_state_and_level_are_scaled(noise, parameterization):
    level, seen = levels(noise), []
    denoise = denoiser(lambda x, q, _: seen.append((x, q)) or jnp.sin(x) + q[:, None], parameterization, noise)
    D = denoise(noisy(level), level, NOTHING)
    scaled = denoise(3 * noisy(level), Level(3 * level.alpha, 3 * level.sigma), NOTHING)
    np.testing.assert_allclose(scaled, D, rtol=1e-9, atol=1e-11 * float(level.ratio.max()))
    for one, other in zip(*seen, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_one_level_for_all_rows_is_that_level_in_every_row(parameterization):
    noise = VP()
    level = noise.level(jnp.asarray(0.5))
    rows = Level(*(jnp.full(N, part) for part in level))
    denoise = denoiser(lambda x, *_: jnp.sin(x), parameterization, noise)
    np.testing.assert_array_equal(denoise(Y, level, NOTHING), denoise(Y, rows, NOTHING))


@pytest.mark.parametrize("path", [levels, unscaled])
@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_the_target_of_data_of_unit_variance_has_unit_variance_at_every_level(noise, parameterization, path):
    """Of (y - c_skip x) / c_out = ((1 - c_skip alpha) y - c_skip sigma n) / c_out, hence a loss of 1 for F = 0."""
    alpha, sigma = level = path(noise)
    c = coefficients(parameterization, noise, level)
    of_data, of_noise = (1 - c.skip * alpha) / c.out, c.skip * sigma / c.out
    np.testing.assert_allclose(of_data**2 + of_noise**2, 1, rtol=1e-9)


def test_velocities_are_those_of_the_literature_in_unit_variance():
    """alpha n - sigma y under vp (Salimans, Ho 2022), n - y under flow (Liu et al. 2023) over 2^(1/2)."""
    for noise, scale in ((VP(), None), (Flow(), 2**-0.5)):
        alpha, sigma = level = levels(noise)
        a, b = (-sigma, alpha) if scale is None else (-scale, scale)
        c = coefficients("velocity", noise, level)
        np.testing.assert_allclose((1 - c.skip * alpha) / c.out, a, rtol=1e-9)
        np.testing.assert_allclose(-c.skip * sigma / c.out, b, rtol=1e-9)


def test_the_zero_network_under_edm_is_the_denoiser_of_the_standard_normal(noise):
    """E[y given alpha y + sigma n = x] = alpha x / (alpha^2 + sigma^2)."""
    alpha, sigma = level = levels(noise)
    D = denoiser(lambda x, *_: jnp.zeros_like(x), "edm", noise)(noisy(level), level, NOTHING)
    np.testing.assert_allclose(D, (alpha / (alpha**2 + sigma**2))[:, None] * noisy(level), rtol=1e-12)


def test_under_edm_noise_the_coefficients_are_the_published_ones():
    """T. Karras et al. (2022), table 1, with sigma_data = 1."""
    sigma = jnp.geomspace(1e-3, 1e3, 13)
    c = coefficients("edm", EDM(), Level(jnp.ones(13), sigma))
    np.testing.assert_allclose(c.skip, 1 / (sigma**2 + 1), rtol=1e-12)
    np.testing.assert_allclose(c.out, sigma / np.sqrt(sigma**2 + 1), rtol=1e-12)
    np.testing.assert_allclose(c.inside, 1 / np.sqrt(sigma**2 + 1), rtol=1e-12)


def test_the_network_sees_unit_variance_and_a_quarter_of_the_log_ratio(noise):
    level, seen, wide = levels(noise), [], jax.random.normal(jax.random.key(1), (2, N, 1_000))
    x = level.alpha[:, None] * wide[0] + level.sigma[:, None] * wide[1]
    denoiser(lambda x, q, _: seen.append((x, q)) or x, "edm", noise)(x, level, NOTHING)
    np.testing.assert_allclose(seen[0][1], -noise.lambda_(jnp.linspace(noise.t_min, noise.t_max, N)) / 4, rtol=1e-12)
    assert abs(np.mean(np.asarray(seen[0][0]) ** 2, axis=1) - 1).max() < 4.5 * np.sqrt(2 / 1_000)


@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_weighted_by_its_output_the_loss_is_the_squared_error_of_the_network(noise, parameterization):
    level, target = levels(noise), targets(noise)[parameterization]
    made = objective(noise, parameterization, "output")
    value = made.loss(denoiser(lambda *_: target + 0.3, parameterization, noise), Y, NOTHING, level, NOISE)
    assert value == pytest.approx(0.09, rel=1e-6)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ("data", lambda snr: 1.0 + 0 * snr),
        ("noise", lambda snr: snr),
        ("min_snr", lambda snr: np.minimum(snr, 5.0)),
    ],
)
def test_other_weights_are_those_of_the_error_in_the_data(weight, expected):
    """snr = (alpha / sigma)^2 passes 5 on the way."""
    level = levels(VP())
    snr = np.asarray(level.alpha / level.sigma) ** 2
    assert snr.min() < 5 < snr.max()
    for parameterization in PARAMETERIZATIONS:
        value = objective(VP(), parameterization, weight).loss(lambda *_: Y + 0.3, Y, NOTHING, level, NOISE)
        assert value == pytest.approx(0.09 * expected(snr).mean(), rel=1e-12)


def test_weighted_as_noise_the_loss_is_the_squared_error_of_the_noise(noise):
    level = levels(noise)
    value = objective(noise, "noise", "noise").loss(
        denoiser(lambda *_: NOISE - 0.3, "noise", noise), Y, NOTHING, level, NOISE
    )
    assert value == pytest.approx(0.09, rel=1e-6)


@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_denoising_is_float32(noise, parameterization, floats):
    x, t = jnp.ones((8, K), jnp.float32), jnp.full(8, noise.t_max / 2, jnp.float32)
    denoise = denoiser(lambda x, q, _: x * q[:, None], parameterization, noise)
    assert floats(lambda x, t: denoise(x, noise.level(t), jnp.zeros((8, 0), jnp.float32)), x, t) == {"float32"}
