"""DPM-Solver++(2M): the published loop, and its order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.diffusion.sampling import karras_grid

VARIANCES = np.array([4.0, 1.0, 0.25, 1e-2])


def gaussian(x, sigma):
    """Exact denoiser of N(0, diag(VARIANCES))."""
    return x * VARIANCES / (VARIANCES + sigma**2)


def nonlinear(x, sigma):
    """Exact denoiser of the fair coin on {-1, 1}."""
    return jnp.tanh(x / sigma**2)


def published(denoise, x, lambda_):
    """Lu et al. (2022), algorithm 2, with alpha = 1 and sigma = exp(-lambda)."""
    sigma, h = np.exp(-lambda_), np.diff(lambda_, prepend=np.nan)
    Q = [denoise(x, sigma[0])]
    x = sigma[1] / sigma[0] * x - (np.exp(-h[1]) - 1) * Q[0]
    for i in range(2, len(lambda_)):
        Q.append(denoise(x, sigma[i - 1]))
        r = h[i - 1] / h[i]
        D = (1 + 1 / (2 * r)) * Q[-1] - 1 / (2 * r) * Q[-2]
        x = sigma[i] / sigma[i - 1] * x - (np.exp(-h[i]) - 1) * D
    return x


@pytest.mark.parametrize("denoise", [gaussian, nonlinear])
@pytest.mark.parametrize("steps", [1, 25])
def test_is_the_published_algorithm(flow, denoise, steps):
    x_0, grid = 20 * jax.random.normal(jax.random.key(0), (50, 4), "float64"), karras_grid(20.0, 0.01, steps)
    np.testing.assert_allclose(flow(denoise, x_0, grid), published(denoise, x_0, grid), rtol=1e-11, atol=1e-13)


def test_is_of_second_order(flow):
    """The exact flow scales N(0, v) by sqrt((v + sigma_min^2) / (v + sigma_max^2))."""
    exact = np.sqrt((VARIANCES + 0.01**2) / (VARIANCES + 20.0**2))
    steps = [80, 160, 320]
    x_0 = jnp.ones((1, 4))
    error = np.array([abs(flow(gaussian, x_0, karras_grid(20.0, 0.01, n))[0] / exact - 1) for n in steps])
    slopes = np.polyfit(np.log(steps), np.log(error), 1)[0]
    np.testing.assert_allclose(slopes, -2, atol=0.15)
    assert error[0].max() < 0.01


def test_the_probability_flow_maps_noise_to_the_standard_normal(flow):
    """x_0 ~ N(0, sigma_max^2 + 1) is scaled to N(0, 1 + sigma_min^2), every sample along its own ray."""
    x_0 = jnp.sqrt(401.0) * jax.random.normal(jax.random.key(1), (100, 3), "float64")
    made = flow(lambda x, sigma: x / (1 + sigma**2), x_0, karras_grid(20.0, 0.01, 1_000))
    np.testing.assert_allclose(made, x_0 * np.sqrt((1 + 1e-4) / 401), rtol=2e-5)
