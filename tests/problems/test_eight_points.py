import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from sgmbench.problems.eight_points import POINTS, EightPoints

PROBLEM = EightPoints()


def run(xi):
    y = jax.vmap(lambda each: PROBLEM.simulate(jnp.zeros(0), each[None]))(jnp.asarray(xi))
    return np.stack([y["y_1"], y["y_2"]], axis=1)


def test_the_moments_are_those_of_the_runs(assert_moments):
    assert_moments(PROBLEM)


def test_each_of_eight_equally_spaced_points_is_an_eighth_of_the_germ():
    y = run(norm.ppf((np.arange(800) + 0.5) / 800))
    np.testing.assert_array_equal(y, np.repeat(POINTS, 100, axis=0))
    np.testing.assert_allclose(np.linalg.norm(POINTS, axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(np.roll(POINTS, 1, axis=0) - POINTS, axis=1), 2 * np.sin(np.pi / 8))


def test_the_far_tails_of_the_germ_give_points_too():
    np.testing.assert_array_equal(run(np.array([-40.0, 40.0])), POINTS[[0, 7]])


@pytest.mark.parametrize("sigma", [0.05, 0.5, 3.0])
def test_with_noise_the_density_is_the_mixture_and_integrates_to_one(sigma):
    line = np.linspace(-1 - 8 * sigma, 1 + 8 * sigma, 601)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = jax.jit(jax.vmap(lambda y: PROBLEM.log_density(y, None, sigma=sigma)))
    assert np.exp(log_density(jnp.asarray(grid))).sum() * (line[1] - line[0]) ** 2 == pytest.approx(1, abs=1e-10)
    y = grid[::50_000]
    exact = np.log(np.mean([multivariate_normal(p, sigma**2 * np.eye(2)).pdf(y) for p in POINTS], axis=0))
    near = np.isfinite(exact)
    np.testing.assert_allclose(log_density(jnp.asarray(y))[near], exact[near], rtol=1e-10)


def test_without_noise_there_is_no_density():
    assert PROBLEM.log_density(jnp.asarray([0.3, 0.3]), None) == -np.inf
    assert PROBLEM.log_density(jnp.asarray(POINTS[3]), None) == np.inf
    assert np.isnan(PROBLEM.score(jnp.asarray([0.3, 0.3]), None)).all()


def test_the_score_is_the_gradient_of_the_log_density(assert_score):
    assert_score(PROBLEM, np.random.default_rng(0).standard_normal((16, 2)), sigmas=(0.1, 1.0, 10.0))


def test_the_score_of_little_noise_points_to_the_nearest_point():
    sigma, y = 0.01, 0.9 * POINTS + 0.03
    score = jax.vmap(lambda each: PROBLEM.score(each, None, sigma=sigma))(jnp.asarray(y))
    np.testing.assert_allclose(score, (POINTS - y) / sigma**2, rtol=1e-10)
