"""The denoiser of a set of points against its definition, and what it samples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import logsumexp

from sgmbench.diffusion.kernel_score import ROWS, kernel_denoiser
from sgmbench.diffusion.noise import Level
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.sampling import sample


def points(n=30, k=3, shift=0.0):
    return shift + jax.random.normal(jax.random.key(0), (n, k), "float64")


@pytest.mark.parametrize("alpha", [1.0, 0.6])
def test_it_is_the_denoiser_of_the_mixture_of_gaussians_around_the_points(alpha):
    """D = (x + sigma^2 grad log p(x)) / alpha, p the mixture; more rows than are worked on at a time."""
    a, sigma = points(shift=5.0), 0.7
    x = alpha * 5.0 + 1.5 * jax.random.normal(jax.random.key(1), (ROWS + 7, 3), "float64")

    def log_p(row):
        return logsumexp(-jnp.sum((row - alpha * a) ** 2, axis=1) / (2 * sigma**2))

    expected = (x + sigma**2 * jax.jit(jax.vmap(jax.grad(log_p)))(x)) / alpha
    found = jax.jit(kernel_denoiser)(x, Level(jnp.asarray(alpha), jnp.asarray(sigma)), (a, None))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_large_coordinates_do_not_cost_float32_its_digits():
    """The same points far from zero have the same weights."""
    a, level = points(), Level(jnp.float32(1.0), jnp.float32(0.1))
    x = a[:8] + 0.1 * jax.random.normal(jax.random.key(2), (8, 3), "float64")
    exact = kernel_denoiser(x, Level(*(part.astype("float64") for part in level)), (a, None))
    far = [(each + 512.0).astype(jnp.float32) for each in (x, a)]
    found = kernel_denoiser(far[0], level, (far[1], None))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found - 512.0, exact, atol=2e-3)


@pytest.mark.parametrize("noise", [EDM(sigma_min=1e-3), VP(end=1e-4)], ids=["edm", "vp"])
def test_samples_on_a_fine_grid_are_the_points(noise):
    a = points(8, 2).astype(jnp.float32)
    alpha, sigma = noise.level(jnp.float32(noise.t_max))
    x_0 = alpha * a.mean(axis=0) + jnp.sqrt(alpha**2 + sigma**2) * jax.random.normal(
        jax.random.key(3), (64, 2), jnp.float32
    )
    run = jax.jit(lambda x: sample(DPMpp2M(100), noise, kernel_denoiser, x, key=jax.random.key(0), args=(a, None)).x)
    nearest = np.linalg.norm(np.asarray(run(x_0))[:, None] - np.asarray(a), axis=2)
    assert (nearest.min(axis=1) < 1e-4).mean() > 0.95  # the others are still undecided between two of them
    assert len(set(nearest.argmin(axis=1))) == 8
