from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from sgmbench.problems.gaussian_mixture import GaussianMixture

PROBLEMS = [GaussianMixture(), GaussianMixture(dimension=2), GaussianMixture(dimension=64, components=7, separation=4)]


@cache
def sampled_law(problem):
    """(w, m, C) as the sampler has them: y is linear in the germ while xi_0 stays within one component's share."""
    K, d = problem.components, problem.dimension
    w = np.arange(K, 0, -1) / (K * (K + 1) / 2)
    middles = norm.ppf(np.cumsum(w) - w / 2)

    n = np.concatenate([np.zeros((1, d)), np.eye(d)])
    xi = np.stack([np.insert(n, 0, xi_0, axis=1) for xi_0 in middles])
    y = sampled(problem, xi)
    m, J = y[:, 0], y[:, 1:] - y[:, :1]
    return w, m, J.swapaxes(1, 2) @ J


def sampled(problem, xi):
    """y of each germ."""
    run = jax.jit(jax.vmap(lambda each: problem.simulate(jnp.zeros(0), each)["y"]))
    return np.asarray(run(jnp.asarray(xi.reshape(-1, xi.shape[-1])))).reshape(*xi.shape[:-1], -1)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_moments_are_those_of_the_runs(assert_moments, problem):
    assert_moments(problem)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_first_germ_coordinate_chooses_the_component_by_its_weight(problem):
    w, m, _ = sampled_law(problem)
    ends = np.cumsum(w)[:-1]
    for side, chosen in ((-1e-9, m[:-1]), (1e-9, m[1:])):
        xi = np.pad(norm.ppf(ends + side)[:, None], ((0, 0), (0, problem.dimension)))
        np.testing.assert_allclose(sampled(problem, xi), chosen, atol=1e-13)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_neighboring_means_are_as_far_apart_as_was_asked(problem):
    _, m, _ = sampled_law(problem)
    np.testing.assert_allclose(np.linalg.norm(np.roll(m, 1, axis=0) - m, axis=1), problem.separation, rtol=1e-12)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_components_differ_in_weight_in_width_and_in_orientation(problem):
    w, _, C = sampled_law(problem)
    values, vectors = np.linalg.eigh(C)
    assert (np.diff(w) < 0).all()
    assert (np.diff(values[:, 0]) > 0).all()
    np.testing.assert_allclose(values[:, -1], 1, rtol=1e-12)
    assert (np.abs(np.sum(vectors[1:, :, -1] * vectors[:-1, :, -1], axis=1)) < 1e-12).all()


@pytest.mark.parametrize("sigma", [0.0, 0.5])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_density_is_that_of_the_sampler(problem, sigma):
    d = problem.dimension
    y = 2 * np.random.default_rng(0).standard_normal((5, d))
    parts = [
        np.log(w) + multivariate_normal(m, C + sigma**2 * np.eye(d)).logpdf(y)
        for w, m, C in zip(*sampled_law(problem), strict=True)
    ]
    found = jax.jit(jax.vmap(lambda each: problem.log_density(each, None, sigma=sigma)))(jnp.asarray(y))
    np.testing.assert_allclose(found, logsumexp(parts, axis=0), rtol=1e-10)


@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_the_density_integrates_to_one(sigma):
    problem = GaussianMixture(dimension=2)
    line = np.linspace(-12, 12, 481)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(jax.jit(jax.vmap(lambda y: problem.log_density(y, None, sigma=sigma)))(jnp.asarray(grid)))
    assert density.sum() * (line[1] - line[0]) ** 2 == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_score_is_the_gradient_of_the_log_density(assert_score, problem):
    assert_score(problem, 3 * np.random.default_rng(1).standard_normal((8, problem.dimension)))
