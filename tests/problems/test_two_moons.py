import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import kstest, norm

from sgmbench.problems.two_moons import TwoMoons

PROBLEM = TwoMoons()
DATA = {
    "center": (0.0, 0.0),
    "prior's corner": (-0.95, 0.2),
    "prior's edge": (-0.25, 0.85),
}
FUNCTIONS = [
    lambda t: t,
    np.square,
    lambda t: np.prod(t, axis=-1, keepdims=True),
    lambda t: np.cos(8 * t),
    lambda t: np.sin(8 * t),
]


def fields(t):
    return PROBLEM.simulate(t, jnp.zeros(0))


@pytest.mark.parametrize("z", [None, (0.3, -0.8)])
def test_the_moments_are_those_of_the_runs(assert_moments, z):
    assert_moments(PROBLEM, z)


def test_the_noise_is_a_half_circle_of_normal_radius():
    draws = jax.vmap(lambda key: PROBLEM.observation.sample(key, {"y_1": jnp.zeros(()), "y_2": jnp.zeros(())}))
    q = np.asarray(draws(jax.random.split(jax.random.key(0), 20_000))) - [0.25, 0]
    assert kstest(np.hypot(*q.T), norm(0.1, 0.01).cdf).pvalue > 0.01
    assert kstest(np.arctan2(q[:, 1], q[:, 0]) / np.pi + 0.5, "uniform").pvalue > 0.01


def test_the_density_of_the_noise_integrates_to_one_and_has_the_mean_and_variance_of_the_draws():
    y = {"y_1": jnp.asarray(-0.4), "y_2": jnp.asarray(0.3)}
    h = 2e-4
    x_1, x_2 = -0.15 + h * (np.arange(-50, 1000) + 0.5), 0.3 + h * (np.arange(-850, 850) + 0.5)  # it jumps at -0.15
    data = np.stack(np.meshgrid(x_1, x_2, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = jax.jit(jax.vmap(lambda each: PROBLEM.observation.log_density(each, y)))
    p = np.exp(log_density(jnp.asarray(data))) * h**2
    assert p.sum() == pytest.approx(1, abs=1e-5)
    mean = np.asarray(PROBLEM.observation.mean(y))
    np.testing.assert_allclose(p @ data, mean, atol=1e-5)
    draws = np.asarray(
        jax.vmap(lambda key: PROBLEM.observation.sample(key, y))(jax.random.split(jax.random.key(1), 100_000))
    )
    squares = (draws - mean) ** 2
    assert (np.abs(draws.mean(axis=0) - mean) < 4 * draws.std(axis=0) / np.sqrt(1e5)).all()
    assert (np.abs(squares.mean(axis=0) - p @ (data - mean) ** 2) < 4 * squares.std(axis=0) / np.sqrt(1e5) + 1e-6).all()


@pytest.mark.parametrize("data", DATA.values(), ids=DATA.keys())
def test_the_posterior_sampler_is_prior_times_likelihood(data):
    """Against midpoint quadrature over the prior's box."""
    h, n = 1 / 1500, 20_000
    line = np.arange(-1 + h / 2, 1, h)
    t = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    likelihood = jax.jit(
        jax.vmap(lambda each: jnp.exp(PROBLEM.observation.log_density(jnp.asarray(data), fields(each))))
    )
    p = np.asarray(likelihood(jnp.asarray(t)))
    t, p = t[p > 0], p[p > 0] / p.sum()
    z = np.asarray(PROBLEM.sample_posterior(jnp.asarray(data), n=n, key=jax.random.key(2)))
    assert np.abs(z).max() <= 1
    for f in FUNCTIONS:
        error = f(z).std(axis=0) / np.sqrt(n)
        assert (np.abs(f(z).mean(axis=0) - p @ f(t)) < 4 * error + 1e-4).all()


def test_some_of_the_data_have_posteriors_that_the_box_cuts():
    """Else the test above would not see whether the prior's bounds are respected."""
    noise = np.asarray(
        jax.vmap(lambda key: PROBLEM.observation.sample(key, {"y_1": jnp.zeros(()), "y_2": jnp.zeros(())}))(
            jax.random.split(jax.random.key(3), 1_000)
        )
    )
    y = np.asarray(list(DATA.values()))[:, None] - noise
    inside = (np.abs(y).sum(axis=2) <= np.sqrt(2)).mean(axis=1)
    assert inside[0] == 1
    assert (inside[1:] > 0.05).all()
    assert (inside[1:] < 0.95).all()


def test_the_two_moons_are_equally_likely_mirror_images():
    t = np.asarray(PROBLEM.sample_posterior(jnp.zeros(2), n=20_000, key=jax.random.key(4)))
    u, v = (t[:, 0] + t[:, 1]) / np.sqrt(2), (t[:, 1] - t[:, 0]) / np.sqrt(2)
    assert abs(np.mean(u > 0) - 0.5) < 4 * 0.5 / np.sqrt(20_000)
    q = np.stack([np.abs(u) - 0.25, -v], axis=1)
    assert abs(np.hypot(*q.T).mean() - 0.1) < 4 * 0.01 / np.sqrt(20_000)


def test_data_that_the_model_cannot_give_have_no_posterior():
    assert np.isnan(PROBLEM.sample_posterior(jnp.asarray([3.0, 0.0]), n=2, key=jax.random.key(5))).all()
