"""Sampling with exact denoisers: the flow and the reverse SDE give the law back, in float32."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import logsumexp
from scipy.stats import norm

from sgmbench.diffusion.sampling import karras_grid, sample

N = 40_000
MEAN, VARIANCE = np.array([2.0, 0.0, -1.0]), np.array([1.0, 0.3, 0.05])
WEIGHTS, CENTERS, SD = np.array([0.3, 0.7]), np.array([-1.2, 0.8]), 0.15


def gaussian(x, sigma, args):
    """Exact denoiser of N(MEAN, diag(VARIANCE))."""
    m, v = jnp.asarray(MEAN, jnp.float32), jnp.asarray(VARIANCE, jnp.float32)
    return m + v / (v + sigma**2) * (x - m)


def mixture(x, sigma, args):
    """Exact denoiser of the mixture of N(CENTERS, SD^2)."""
    centers, variance = jnp.asarray(CENTERS, jnp.float32), jnp.float32(SD**2)
    log_p = jnp.log(jnp.asarray(WEIGHTS, jnp.float32)) - (x[..., None] - centers) ** 2 / (2 * (variance + sigma**2))
    posterior = jnp.exp(log_p - logsumexp(log_p, axis=-1, keepdims=True))
    each = centers + variance / (variance + sigma**2) * (x[..., None] - centers)
    return jnp.sum(posterior * each, axis=-1)


def noise(seed, n, k, variance=1.0):
    return jax.random.normal(jax.random.key(seed), (n, k), jnp.float32) * jnp.sqrt(
        jnp.asarray(variance + 400.0, jnp.float32)
    )


def draw(denoise, x_0, *, steps, eta, seed=9):
    grid = karras_grid(20.0, 0.01, steps)
    run = jax.jit(lambda x, key: sample(denoise, x, grid, eta=eta, key=key))
    return np.asarray(run(x_0, jax.random.key(seed)), float)


def test_the_grid_is_karras_ramp_between_its_ends():
    grid = karras_grid(20.0, 0.01, 25)
    assert len(grid) == 26
    np.testing.assert_allclose(np.exp(-grid[[0, -1]]), [20.0, 0.01], rtol=1e-12)
    assert (np.diff(grid) > 0).all()
    np.testing.assert_allclose(np.diff(np.exp(-grid / 7), n=2), 0, atol=1e-12)


@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_the_sde_form_is_its_published_update_with_the_noise_of_its_path(eta):
    grid = np.asarray(karras_grid(20.0, 0.01, 8), np.float32)
    x_0, key = noise(0, 50, 3), jax.random.key(3)
    path = diffrax.UnsafeBrownianPath(shape=jax.ShapeDtypeStruct((50, 3), jnp.float32), key=key)
    x, previous, rate = x_0, None, 1 + eta**2
    for i in range(8):
        s, t = grid[i], grid[i + 1]
        h, D = t - s, gaussian(x, np.exp(-s), None)
        bar = D if previous is None else D + h / (2 * previous[1]) * (D - previous[0])
        xi = path.evaluate(jnp.float32(s), jnp.float32(t)) / np.sqrt(h)
        spread = np.exp(-t) * np.sqrt(1 - np.exp(-2 * eta**2 * h))
        x, previous = np.exp(-rate * h) * x + (1 - np.exp(-rate * h)) * bar + spread * xi, (D, h)
    expected = gaussian(x, np.exp(-grid[-1]), None)
    made = sample(gaussian, x_0, grid.astype(float), eta=eta, key=key)
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_gaussian_data_come_back_and_more_steps_come_closer(eta):
    """Started in the exact law at sigma_max; E y is off by Monte Carlo error, and so is the variance."""
    x_0 = noise(1, N, 3, VARIANCE) + jnp.asarray(MEAN, jnp.float32)
    coarse, fine = (draw(gaussian, x_0, steps=steps, eta=eta) for steps in (10, 200))
    assert (abs(fine.mean(axis=0) - MEAN) < 4.5 * np.sqrt(VARIANCE / N) + 1e-3).all()
    error = [abs(y.var(axis=0) / VARIANCE - 1) for y in (coarse, fine)]
    assert (error[1] < 4.5 * np.sqrt(2 / N) + 4e-3).all()  # D(x; sigma_min) lacks sigma_min^2 / VARIANCE = 2e-3
    assert error[1].mean() < 0.3 * error[0].mean()


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_weights_and_centers_of_a_mixture_come_back(eta):
    y = draw(mixture, noise(2, N, 1), steps=100, eta=eta)[:, 0]
    left = y < -0.2
    assert norm.cdf(-0.2, CENTERS[0], SD) > 1 - 1e-9
    assert norm.cdf(-0.2, CENTERS[1], SD) < 1e-9
    assert abs(left.mean() - 0.3) < 4.5 * np.sqrt(0.21 / N) + 2e-3
    for part, center in zip((y[left], y[~left]), CENTERS, strict=True):
        assert abs(part.mean() - center) < 4.5 * SD / np.sqrt(len(part)) + 2e-3
        assert part.std() == pytest.approx(SD, rel=0.03)


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_the_vector_field_sees_float32_alone(eta, floats):
    assert jax.config.jax_enable_x64
    seen = []

    def denoise(x, sigma, args):
        seen.extend([x.dtype, sigma.dtype])
        return gaussian(x, sigma, args)

    grid = karras_grid(20.0, 0.01, 4)
    found = floats(lambda x, key: sample(denoise, x, grid, eta=eta, key=key), noise(3, 8, 3), jax.random.key(0))
    assert set(seen) == {jnp.dtype("float32")}
    assert found == {"float32"}


def test_same_key_gives_the_same_path_and_another_does_not():
    x_0, grid = noise(4, 100, 3), karras_grid(20.0, 0.01, 10)
    run = jax.jit(lambda key: sample(gaussian, x_0, grid, eta=1.0, key=key))
    one, same, other = (run(jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()
