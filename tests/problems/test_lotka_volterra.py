import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import lognorm

from sgmbench.core.problem import transport
from sgmbench.problems.lotka_volterra import TIMES, LotkaVolterra, log_populations

CORNERS = np.array(list(itertools.product((-3.0, 0.0, 3.0), repeat=4)))


@pytest.fixture(scope="module")
def z():
    """Every corner, edge and face center of the prior at three standard deviations, its median, and 100 draws of it."""
    zeta = np.concatenate([CORNERS, np.random.default_rng(0).standard_normal((100, 4))])
    return jax.vmap(lambda each: transport(LotkaVolterra(), each))(jnp.asarray(zeta))


@pytest.fixture(scope="module")
def logarithms(z):
    """(log x, log y) at 201 times for each z."""
    solve = jax.jit(jax.vmap(lambda each: log_populations(each, np.linspace(0, 20, 201), tolerance=1e-8)))
    return np.asarray(solve(z))


def test_the_prior_is_that_of_the_benchmark(z):
    median = z[len(CORNERS) // 2]
    np.testing.assert_allclose(median, np.exp([-0.125, -3, -0.125, -3]), rtol=1e-12)
    spread = np.log(z[len(CORNERS) - 1]) - np.log(median)
    np.testing.assert_allclose(spread, 1.5, rtol=1e-12)


def test_orbits_are_closed_over_the_whole_prior(z, logarithms):
    alpha, beta, gamma, delta = np.asarray(z).T[:, :, None]
    u, v = np.moveaxis(logarithms, 2, 0)
    V = delta * np.exp(u) - gamma * u + beta * np.exp(v) - alpha * v
    terms = delta * np.exp(u) + gamma * np.abs(u) + beta * np.exp(v) + alpha * np.abs(v)
    assert np.isfinite(V).all()
    assert (np.abs(V - V[:, :1]) / terms.max(axis=1, keepdims=True)).max() < 1e-6


def test_the_populations_are_those_of_another_solver(z):
    """DOP853 of SciPy on x and y themselves, for draws in which neither gets too small for it."""
    drawn = z[len(CORNERS) : len(CORNERS) + 20]
    populations = jax.jit(jax.vmap(lambda each: LotkaVolterra().simulate(each, jnp.zeros(0))))(drawn)
    compared = 0
    for i, (a, b, c, d) in enumerate(np.asarray(drawn)):

        def right_hand_side(t, u, a=a, b=b, c=c, d=d):
            x, y = u
            return [a * x - b * x * y, -c * y + d * x * y]

        exact = solve_ivp(
            right_hand_side, (0, TIMES[-1]), [30, 1], method="DOP853", rtol=1e-12, atol=1e-14, t_eval=TIMES
        ).y
        if exact.min() > 1e-4:
            found = [populations["prey"][i], populations["predators"][i]]
            np.testing.assert_allclose(found, exact, rtol=1e-6)
            compared += 1
    assert compared > 10


def test_gradients_agree_with_finite_differences():
    @jax.jit
    def quantity(z):
        y = LotkaVolterra(tolerance=1e-11).simulate(z, jnp.zeros(0))
        return jnp.log(y["prey"][-1]) + jnp.log(y["predators"][4])

    z, h = jnp.asarray([0.9, 0.05, 0.8, 0.04]), 1e-5
    shifts = h * np.diag(z)
    differences = [(quantity(z + each) - quantity(z - each)) / (2 * h) for each in shifts]
    np.testing.assert_allclose(z * jax.grad(quantity)(z), differences, rtol=1e-5)


FIELDS = {"prey": jnp.asarray([30.0]), "predators": jnp.asarray([1e-3])}


def test_the_observation_density_is_the_log_normal_and_integrates_to_one():
    observation = LotkaVolterra().observation
    y = np.array([30.0, 1e-3])
    axes = [each * np.exp(np.linspace(-0.8, 0.8, 201)) for each in y]
    data = jnp.asarray(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2))
    log_p = jax.vmap(lambda each: observation.log_density(each, FIELDS))(data)
    exact = lognorm.logpdf(np.asarray(data), 0.1, scale=y).sum(axis=1)
    np.testing.assert_allclose(log_p, exact, rtol=1e-10, atol=1e-10)
    p = np.exp(log_p).reshape(201, 201)
    assert np.trapezoid(np.trapezoid(p, axes[1]), axes[0]) == pytest.approx(1, abs=1e-3)


def test_observed_data_have_the_moments_of_the_log_normal():
    observation, n = LotkaVolterra().observation, 100_000
    keys = jax.random.split(jax.random.key(0), n)
    data = np.asarray(jax.vmap(lambda key: observation.sample(key, FIELDS))(keys))
    mean = np.asarray(observation.mean(FIELDS))
    np.testing.assert_allclose(mean, np.array([30, 1e-3]) * np.exp(0.005), rtol=1e-12)
    variance = mean**2 * np.expm1(0.01)
    assert (np.abs(data.mean(axis=0) - mean) < 4 * np.sqrt(variance / n)).all()
    squares = (data - mean) ** 2
    assert (np.abs(squares.mean(axis=0) - variance) < 4 * squares.std(axis=0) / n**0.5).all()
    assert observation.size == 20
