import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sgmbench.problems.gaussian import PowerLawGaussian, cosines


def covariance(problem):
    """Of the sampler: y is linear in the germ."""
    run = jax.jit(jax.vmap(lambda xi: problem.simulate(jnp.zeros(0), xi)["y"], out_axes=1))
    J = np.asarray(run(jnp.eye(problem.dimension)))
    return J @ J.T


@pytest.mark.parametrize(("d", "exponent"), [(1, 2.0), (5, 1.0), (64, 2.0), (64, 0.0)])
def test_the_moments_are_those_of_the_runs(assert_moments, d, exponent):
    assert_moments(PowerLawGaussian(d, exponent))


@pytest.mark.parametrize(("d", "exponent"), [(1, 2.0), (2, 1.0), (33, 2.0), (64, 3.5)])
def test_the_spectrum_is_the_power_law_and_the_modes_are_the_cosines(d, exponent):
    C = covariance(PowerLawGaussian(d, exponent))
    lambda_k = np.arange(1, d + 1) ** -exponent
    q = cosines(d)
    np.testing.assert_allclose(q @ C @ q.T, np.diag(lambda_k), atol=1e-14)
    np.testing.assert_allclose(q @ q.T, np.eye(d), atol=1e-14)


@pytest.mark.parametrize("sigma", [0.0, 0.5])
@pytest.mark.parametrize("d", [1, 2, 64])
def test_the_density_is_that_of_the_sampler(d, sigma):
    problem = PowerLawGaussian(d)
    y = np.random.default_rng(0).standard_normal(d)
    exact = multivariate_normal(np.zeros(d), covariance(problem) + sigma**2 * np.eye(d)).logpdf(y)
    np.testing.assert_allclose(problem.log_density(jnp.asarray(y), None, sigma=sigma), exact, rtol=1e-10)


@pytest.mark.parametrize("sigma", [0.0, 0.7])
def test_the_density_integrates_to_one(sigma):
    line = np.linspace(-12, 12, 241)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    problem = PowerLawGaussian(2)
    density = np.exp(jax.jit(jax.vmap(lambda y: problem.log_density(y, None, sigma=sigma)))(jnp.asarray(grid)))
    assert density.sum() * (line[1] - line[0]) ** 2 == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("d", [1, 3, 64])
def test_the_score_is_the_gradient_of_the_log_density(assert_score, d):
    assert_score(PowerLawGaussian(d), np.random.default_rng(1).standard_normal((4, d)))
