"""Densities by the probability flow against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.likelihood import denoiser_of_score, exact_trace, log_density
from sgmbench.diffusion.model import Model
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.sampling import initial_law

NOISES = {"edm": EDM(sigma_max=40.0, sigma_min=1e-3), "vp": VP(end=1e-4)}


@pytest.mark.parametrize("noise", NOISES)
def test_the_log_density_of_a_mixture_is_exact_to_a_hundredth_nat(noise):
    problem, noise = build("problems", {"kind": "gaussian_mixture", "dimension": 4}), NOISES[noise]
    y = jnp.asarray(Simulation(problem, Clock(), at_condition=False)(64, key=stream(0, "likelihood")).y)
    denoise = denoiser_of_score(lambda row, ratio: problem.score(row, None, sigma=ratio))
    many = Simulation(problem, Clock(), at_condition=False)(4_000, key=stream(1, "likelihood")).y
    law = initial_law("gaussian", noise, many.mean(axis=0), np.cov(many, rowvar=False))
    found = log_density(Model(denoise, None, noise, *law), y, key=jax.random.key(0), args=None)
    exact = jax.jit(jax.vmap(lambda row: problem.log_density(row, None)))(y)
    np.testing.assert_allclose(found, exact, atol=1e-2)


@pytest.mark.parametrize("exact", [True, False])
def test_of_a_gaussian_both_traces_are_exact(exact):
    """A diagonal Jacobian has v'Jv = tr J for every Rademacher probe."""
    v, noise = np.array([2.0, 0.5, 0.1]), EDM(sigma_min=1e-3)

    def denoise(x, level, args):
        return x * v / (v + level.sigma**2)

    model = Model(denoise, None, noise, *initial_law("gaussian", noise, np.zeros(3), np.diag(v)))
    x = jax.random.normal(jax.random.key(0), (20, 3), "float64")
    found = log_density(model, x, key=jax.random.key(1), args=None, exact=exact, tolerance=1e-7)
    expected = -jnp.sum(x**2 / v, axis=1) / 2 - np.log(v).sum() / 2 - 1.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_trace_is_that_of_the_jacobian_of_each_row():
    def function(y):
        return jnp.sin(y) * jnp.roll(y, 1, axis=1)

    y = jax.random.normal(jax.random.key(2), (5, 4), "float64")
    value, trace = exact_trace(function, y)
    each = jax.jit(jax.vmap(lambda row: jnp.trace(jax.jacobian(lambda r: function(r[None])[0])(row))))(y)
    np.testing.assert_allclose(trace, each, rtol=1e-12)
    np.testing.assert_array_equal(value, function(y))


def test_hutchinson_is_right_on_average_for_a_correlated_law():
    covariance = np.array([[1.0, 0.6], [0.6, 0.5]])
    noise = EDM(sigma_min=1e-3)

    def denoise(x, level, args):
        return x @ jnp.linalg.solve(covariance + level.sigma**2 * jnp.eye(2), jnp.asarray(covariance))

    model = Model(denoise, None, noise, *initial_law("gaussian", noise, np.zeros(2), covariance))
    x = jnp.tile(jnp.array([[0.3, -0.2]]), (4_000, 1))
    found = np.asarray(log_density(model, x, key=jax.random.key(3), args=None, exact=False))
    expected = -x[0] @ np.linalg.solve(covariance, x[0]) / 2 - np.log(np.linalg.det(2 * np.pi * covariance)) / 2
    assert abs(found.mean() - expected) < 4.5 * found.std() / np.sqrt(4_000) + 1e-4
    assert found.std() > 0.1
    of_nine = log_density(model, x, key=jax.random.key(4), args=None, exact=False, probes=9)
    assert np.std(of_nine) == pytest.approx(found.std() / 3, rel=0.1)
