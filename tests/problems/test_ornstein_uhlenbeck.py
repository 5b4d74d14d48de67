import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sgmbench.problems import ornstein_uhlenbeck
from sgmbench.problems.ornstein_uhlenbeck import OrnsteinUhlenbeck

Z = (0.7, -1.5)


def sampled_law(problem, z):
    """(mean, covariance) of the sampler: the path is affine in the germ."""

    @jax.jit
    def path(xi):
        return problem.simulate(jnp.asarray(z), xi)["path"]

    zero, unit = np.zeros(problem.steps), np.eye(problem.steps)
    mean = np.asarray(path(zero))
    J = np.asarray(jax.vmap(path, out_axes=1)(unit)) - mean[:, None]
    return mean, J @ J.T


@pytest.mark.parametrize("z", [Z, None])
def test_the_moments_are_those_of_the_runs(assert_moments, z):
    assert_moments(OrnsteinUhlenbeck(), z)


@pytest.mark.parametrize("steps", [1, 2, 32])
@pytest.mark.parametrize("z", [Z, (2.0, 0.3)])
def test_the_transition_is_exact_whatever_the_step(steps, z):
    problem = OrnsteinUhlenbeck(steps=steps, duration=3.0)
    mean, C = sampled_law(problem, z)
    theta, x_0 = z
    t = np.arange(1, steps + 1) * 3.0 / steps
    np.testing.assert_allclose(problem.layout.fields[0].axes[0].coordinates, t)
    np.testing.assert_allclose(mean, x_0 * np.exp(-theta * t), rtol=1e-12)
    exact = (np.exp(-theta * np.abs(t[:, None] - t)) - np.exp(-theta * (t[:, None] + t))) / (2 * theta)
    np.testing.assert_allclose(C, exact, atol=1e-14)


@pytest.mark.parametrize("sigma", [0.0, 0.4])
def test_the_density_at_a_condition_is_that_of_the_sampler(sigma):
    problem = OrnsteinUhlenbeck()
    mean, C = sampled_law(problem, Z)
    y = mean + np.random.default_rng(0).standard_normal(64)
    exact = multivariate_normal(mean, C + sigma**2 * np.eye(64)).logpdf(y)
    found = jax.jit(lambda y: problem.log_density(y, Z, sigma=sigma))(jnp.asarray(y))
    np.testing.assert_allclose(found, exact, rtol=1e-10)


@pytest.mark.parametrize("sigma", [0.0, 0.4])
@pytest.mark.parametrize("z", [Z, None])
def test_the_density_of_two_steps_integrates_to_one_and_has_the_known_moments(z, sigma):
    problem = OrnsteinUhlenbeck(steps=2)
    line = np.linspace(-9, 9, 181)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = jax.jit(jax.vmap(lambda y: problem.log_density(y, z, sigma=sigma)))
    p = np.exp(log_density(jnp.asarray(grid))) * (line[1] - line[0]) ** 2
    assert p.sum() == pytest.approx(1, abs=1e-9)
    known = problem.moments(z)["path"]
    np.testing.assert_allclose(p @ grid, known.mean, atol=1e-9)
    np.testing.assert_allclose(p @ grid**2, known.mean**2 + known.sd**2 + sigma**2, rtol=1e-8)


def test_the_marginal_density_has_nodes_enough(monkeypatch):
    problem = OrnsteinUhlenbeck()
    paths = np.random.default_rng(1).standard_normal((4, 64)).cumsum(axis=1) / 4

    def log_density():
        return jax.jit(jax.vmap(lambda y: problem.log_density(y, None)))(jnp.asarray(paths))

    found = log_density()
    monkeypatch.setattr(ornstein_uhlenbeck, "NODES", 24)
    np.testing.assert_allclose(log_density(), found, rtol=1e-12)


@pytest.mark.parametrize("z", [Z, None])
def test_the_score_is_the_gradient_of_the_log_density(assert_score, z):
    assert_score(OrnsteinUhlenbeck(steps=16), np.random.default_rng(2).standard_normal((3, 16)), z)


def test_steps_that_cannot_be_halved_are_refused():
    with pytest.raises(ValueError, match="steps: 48 cannot be halved down to 1; give a power of two"):
        OrnsteinUhlenbeck(steps=48)
