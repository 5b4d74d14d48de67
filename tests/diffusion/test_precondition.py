"""Preconditioning: what the zero network already knows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.diffusion.precondition import denoiser, loss

SIGMAS = [1e-3, 0.1, 1.0, 20.0, 1e3]
NOTHING = jnp.zeros((1_000, 0))


def zero(x, level, given):
    return jnp.zeros_like(x)


def draw(seed, n=1_000, k=200):
    return jax.random.normal(jax.random.key(seed), (n, k))


@pytest.mark.parametrize("sigma", SIGMAS)
def test_without_a_network_it_is_the_denoiser_of_the_standard_normal(sigma):
    """E[y given y + sigma n = x] = x / (1 + sigma^2)."""
    x = draw(0)
    np.testing.assert_allclose(
        denoiser(zero)(x, jnp.full(1_000, sigma), NOTHING), x / (1 + sigma**2), rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("sigma", SIGMAS)
def test_without_a_network_the_loss_is_one_at_every_noise_level(sigma):
    """The mean of 200,000 chi^2_1 variables: sd sqrt(2 / 200,000)."""
    value = loss(denoiser(zero), draw(1), NOTHING, jnp.full(1_000, sigma), draw(2))
    assert abs(value - 1) < 4.5 * np.sqrt(2 / 200_000)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_loss_is_the_squared_error_of_the_network_to_a_target_of_unit_variance(sigma):
    """F* = (sigma y - n) / sqrt(1 + sigma^2), whatever D's own coefficients."""
    y, noise = draw(3), draw(4)
    target = (sigma * y - noise) / np.sqrt(1 + sigma**2)
    assert loss(denoiser(lambda x, *_: target), y, NOTHING, jnp.full(1_000, sigma), noise) < 1e-9 * max(1, sigma**2)
    value = loss(denoiser(lambda x, *_: target + 0.3), y, NOTHING, jnp.full(1_000, sigma), noise)
    assert value == pytest.approx(0.09, rel=1e-6)


def test_the_network_sees_unit_variance_and_a_quarter_of_the_log_level():
    sigma = jnp.exp(jnp.linspace(-5, 5, 1_000))
    seen = []
    denoiser(lambda x, level, given: seen.append((x, level)) or x)(draw(5) + sigma[:, None] * draw(6), sigma, NOTHING)
    x, level = seen[0]
    np.testing.assert_allclose(level, np.log(sigma) / 4, rtol=1e-12)
    row = np.mean(np.asarray(x) ** 2, axis=1)
    assert abs(row - 1).max() < 5.5 * np.sqrt(2 / 200)
