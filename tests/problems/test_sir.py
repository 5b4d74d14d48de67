import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from sgmbench.core.problem import transport
from sgmbench.problems.sir import DAYS, SIR, N, shares

CORNERS = np.array(list(itertools.product((-3.0, 0.0, 3.0), repeat=2)))
I_0 = 1 / N


@pytest.fixture(scope="module")
def z():
    """Every corner and edge center of the prior at three standard deviations, its median, and 50 draws of it."""
    zeta = np.concatenate([CORNERS, np.random.default_rng(0).standard_normal((50, 2))])
    return jax.vmap(lambda each: transport(SIR(), each))(jnp.asarray(zeta))


@pytest.fixture(scope="module")
def population(z):
    """(S, I, R) / N for each z, on the days 0, 1, ..., 160 and when all is over."""
    days = np.append(np.arange(161.0), 3_000.0)
    return np.asarray(jax.jit(jax.vmap(lambda each: shares(each, days, tolerance=1e-8)))(z))


def test_the_prior_is_that_of_the_benchmark(z):
    np.testing.assert_allclose(z[4], [0.4, 0.125], rtol=1e-12)
    np.testing.assert_allclose(np.log(z[8]) - np.log(z[4]), [1.5, 0.6], rtol=1e-12)


def test_nobody_is_lost_over_the_whole_prior(population):
    assert (population >= 0).all()
    np.testing.assert_allclose(population.sum(axis=2), 1, atol=1e-7)


def test_what_remains_susceptible_solves_the_final_size_relation(z, population):
    """S = S(0) exp(-r (N - S) / N) has the solution -W(-r S(0)/N e^-r) / r, W the principal branch of Lambert's."""
    r = np.asarray(z[:, 0] / z[:, 1])
    spreading = r > 1.5
    r = r[spreading]
    exact = -np.real(lambertw(-r * (1 - I_0) * np.exp(-r))) / r
    np.testing.assert_allclose(population[spreading, -1, 0], exact, rtol=1e-5)
    assert spreading.sum() > 20


def test_an_epidemic_starts_as_an_exponential(z, population):
    growth = np.asarray(z[4, 0] - z[4, 1])
    np.testing.assert_allclose(population[4, :16, 1], I_0 * np.exp(growth * np.arange(16)), rtol=2e-4)


def test_the_infected_are_those_of_another_solver(z):
    """DOP853 of SciPy on S and I themselves."""
    drawn = z[9:24]
    infected = jax.jit(jax.vmap(lambda each: SIR().simulate(each, jnp.zeros(0))))(drawn)["infected"]
    for (beta, gamma), found in zip(np.asarray(drawn), infected, strict=True):

        def right_hand_side(t, u, beta=beta, gamma=gamma):
            S, I = u  # noqa: E741
            return [-beta * S * I / N, beta * S * I / N - gamma * I]

        exact = solve_ivp(
            right_hand_side, (0, DAYS[-1]), [N - 1, 1], method="DOP853", rtol=1e-12, atol=1e-10, t_eval=DAYS
        )
        np.testing.assert_allclose(found, exact.y[1], rtol=1e-6)


def test_the_observation_density_sums_to_one():
    observation, k = SIR().observation, jnp.arange(1001.0)
    for infected in (1.0, 4e4, 9.99e5):
        fields = {"infected": jnp.asarray([infected])}
        p = np.exp(jax.vmap(lambda each, fields=fields: observation.log_density(each[None], fields))(k))
        assert p.sum() == pytest.approx(1, abs=1e-10)
        assert p @ np.asarray(k) == pytest.approx(float(observation.mean(fields)[0]), rel=1e-9)


def test_days_are_independent_in_the_observation_density():
    observation = SIR().observation
    infected, data = jnp.linspace(1.0, 3e5, 10), jnp.arange(0.0, 300.0, 30)
    parts = [observation.log_density(data[i : i + 1], {"infected": infected[i : i + 1]}) for i in range(10)]
    assert observation.log_density(data, {"infected": infected}) == pytest.approx(float(sum(parts)), rel=1e-12)
    assert observation.size == 10


def test_observed_data_have_the_moments_of_the_binomial():
    observation, n = SIR().observation, 20_000
    fields = {"infected": jnp.asarray([1.0, 5e3, 4e5, 9.9e5])}
    keys = jax.random.split(jax.random.key(0), n)
    data = np.asarray(jax.vmap(lambda key: observation.sample(key, fields))(keys))
    p = np.asarray(fields["infected"]) / N
    mean, variance = 1000 * p, 1000 * p * (1 - p)
    fourth = variance * (1 + 3 * (1000 - 2) * p * (1 - p))
    assert (np.abs(data.mean(axis=0) - mean) < 4 * np.sqrt(variance / n)).all()
    error = np.sqrt((fourth - variance**2) / n)
    assert (np.abs(np.mean((data - mean) ** 2, axis=0) - variance) < 4 * error).all()
    np.testing.assert_array_equal(data, np.round(data))
