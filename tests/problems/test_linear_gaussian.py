import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sgmbench.problems.linear_gaussian import LinearGaussian

PROBLEM = LinearGaussian(dimension=4, coupling=0.6, prior_sd=0.7, noise_sd=0.4)
DATA = np.array([0.5, -1.0, 0.2, 0.8])


@pytest.mark.parametrize("z", [None, tuple(np.linspace(-1, 1, 10))])
def test_the_moments_are_those_of_the_runs(assert_moments, z):
    assert_moments(LinearGaussian(), z)


def test_the_posterior_is_prior_times_likelihood():
    """Their ratio is the evidence, N(data; 0, s_0^2 A A^T + s^2 I), whatever z."""
    z = np.random.default_rng(0).standard_normal((20, 4))

    @jax.jit
    @jax.vmap
    def log_likelihood(z):
        return PROBLEM.observation.log_density(jnp.asarray(DATA), PROBLEM.simulate(z, jnp.zeros(0)))

    log_prior = multivariate_normal(np.zeros(4), 0.7**2 * np.eye(4)).logpdf(z)
    posterior = multivariate_normal(PROBLEM.posterior_mean(jnp.asarray(DATA)), PROBLEM.posterior_covariance())
    A = PROBLEM.matrix
    evidence = multivariate_normal(np.zeros(4), 0.7**2 * A @ A.T + 0.4**2 * np.eye(4)).logpdf(DATA)
    np.testing.assert_allclose(log_prior + log_likelihood(jnp.asarray(z)) - posterior.logpdf(z), evidence, rtol=1e-12)


def test_the_posterior_sampler_has_the_posterior_mean_and_covariance():
    n = 100_000
    z = np.asarray(PROBLEM.sample_posterior(jnp.asarray(DATA), n=n, key=jax.random.key(0)))
    mean, C = np.asarray(PROBLEM.posterior_mean(jnp.asarray(DATA))), PROBLEM.posterior_covariance()
    variance = np.diag(C)
    assert (np.abs(z.mean(axis=0) - mean) < 4 * np.sqrt(variance / n)).all()
    error = np.sqrt((np.outer(variance, variance) + C**2) / n)
    assert (np.abs((z - mean).T @ (z - mean) / n - C) < 4 * error).all()


def test_the_posterior_sampler_agrees_with_the_importance_weighted_prior():
    rng = np.random.default_rng(1)
    z = 0.7 * rng.standard_normal((400_000, 4))
    predicted = z @ PROBLEM.matrix.T
    weights = np.exp(-np.sum((DATA - predicted) ** 2, axis=1) / 2 / 0.4**2)
    weights /= weights.sum()
    exact = np.asarray(PROBLEM.sample_posterior(jnp.asarray(DATA), n=100_000, key=jax.random.key(1)))
    for f in (lambda z: z, np.square, lambda z: np.cos(4 * z)):
        mean = weights @ f(z)
        error = np.sqrt(weights**2 @ (f(z) - mean) ** 2 + f(exact).var(axis=0) / len(exact))
        assert (np.abs(f(exact).mean(axis=0) - mean) < 4 * error).all()


def test_without_coupling_it_is_the_published_benchmark():
    problem = LinearGaussian(coupling=0.0)
    data = jnp.arange(10.0)
    np.testing.assert_array_equal(problem.matrix, np.eye(10))
    np.testing.assert_allclose(problem.posterior_mean(data), data / 2, rtol=1e-12)
    np.testing.assert_allclose(problem.posterior_covariance(), 0.05 * np.eye(10), rtol=1e-12)


def test_the_observation_draws_what_its_density_says():
    observation, y = PROBLEM.observation, {"y": jnp.asarray(DATA)}
    data = np.asarray(jax.vmap(lambda key: observation.sample(key, y))(jax.random.split(jax.random.key(2), 100_000)))
    assert data.shape[1] == observation.size
    noise = (data - observation.mean(y)) / 0.4
    assert (np.abs(noise.mean(axis=0)) < 4 / np.sqrt(1e5)).all()
    assert (np.abs(noise.T @ noise / 1e5 - np.eye(4)) < 4 * np.sqrt((1 + np.eye(4)) / 1e5)).all()
    exact = multivariate_normal(DATA, 0.4**2 * np.eye(4)).logpdf(data[:10])
    found = jax.vmap(lambda each: observation.log_density(each, y))(jnp.asarray(data[:10]))
    np.testing.assert_allclose(found, exact, rtol=1e-12)
