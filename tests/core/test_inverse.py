"""Data of runs, their coordinates, and parameters in standard normal ones."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtri

from sgmbench.core.clock import Clock
from sgmbench.core.inverse import (
    Inverse,
    data_of,
    draw_observations,
    normal_coordinates,
    normal_scores,
    parameters_of,
)
from sgmbench.core.layout import Field
from sgmbench.core.prior import LogNormal, LogUniform, Normal, Parameter, Uniform
from sgmbench.core.rng import stream
from sgmbench.core.runs import Runs
from sgmbench.core.simulation import Simulation
from sgmbench.core.target import Posterior
from sgmbench.errors import UsageError
from sgmbench.problems.linear_gaussian import LinearGaussian
from sgmbench.problems.sir import SIR

LINEAR = LinearGaussian(dimension=2, coupling=0.6, prior_sd=0.7, noise_sd=0.4)
KEY = stream(0, "noise")


@dataclass(frozen=True)
class EveryPrior(LinearGaussian):
    """One parameter of each kind."""

    @property
    def parameters(self):
        priors = Uniform(-2.0, 3.0), LogUniform(1e-3, 1e2), Normal(5.0, 0.1), LogNormal(-3.0, 0.5)
        return tuple(Parameter(f"z_{i}", "m", prior) for i, prior in enumerate(priors))


@dataclass(frozen=True)
class Broken(LinearGaussian):
    """Its solver always fails."""

    def simulate(self, z, xi):
        return {"y": z * jnp.nan}


def test_the_inverse_problem_gives_the_parameters():
    assert Inverse(SIR()).layout.fields == (Field("contact_rate", "1/d"), Field("recovery_rate", "1/d"))
    assert Posterior().layout(SIR()) == Inverse(SIR()).layout


def test_parameters_and_their_standard_normal_coordinates_are_inverse():
    zeta = np.random.default_rng(0).standard_normal((1_000, 4)) * 1.5
    z = parameters_of(EveryPrior(), zeta)
    np.testing.assert_allclose(normal_coordinates(EveryPrior(), z), zeta, atol=1e-8)
    far = parameters_of(EveryPrior(), np.array([[40.0] * 4, [-40.0] * 4]))
    for column, parameter in zip(far.T, EveryPrior().parameters, strict=True):
        low, high = parameter.prior.support
        assert np.all((low - 1e-12 * abs(low) <= column) & (column <= high + 1e-12 * abs(high)))


def test_scores_of_distinct_data_are_normal_quantiles_whatever_their_law():
    data = np.random.default_rng(0).standard_normal((500, 1))
    n = len(data)
    expected = ndtri((np.arange(n) * (1 - 1 / n) / (n - 1)) + 0.5 / n) / ndtri(1 - 0.5 / n)
    for increasing in (lambda d: d, np.exp, lambda d: 1e6 * d**3):
        scores = normal_scores(increasing(data))(increasing(data))
        np.testing.assert_allclose(np.sort(scores[:, 0]), expected, atol=1e-12)
        np.testing.assert_array_equal(np.argsort(scores[:, 0]), np.argsort(data[:, 0]))


def test_scores_of_gaussian_data_are_the_data_to_the_error_of_their_distribution_function():
    """sd of F's error over the density: (p (1 - p) / n)^(1/2) / phi."""
    n = 10_000
    score = normal_scores(3 + 2 * np.random.default_rng(1).standard_normal((n, 1)))
    v = np.linspace(-2, 2, 41)
    found = score(3 + 2 * v[:, None])[:, 0] * ndtri(1 - 0.5 / n)
    assert np.max(np.abs(found - v)) < 4 * np.sqrt(0.0228 * 0.9772 / n) / 0.054


def test_data_beyond_the_training_data_count_as_the_outermost_and_constant_ones_tell_nothing():
    score = normal_scores(np.array([[0.0, 7.0], [1.0, 7.0], [3.0, 7.0]]))
    np.testing.assert_allclose(score(np.array([[-9.0, 7.0], [9.0, 8.0]])), [[-1, 0], [1, 0]], atol=1e-12)


def test_data_of_a_run_depend_on_its_place_in_the_stream_alone():
    runs = Simulation(LINEAR, Clock(), at_condition=False)(600, key=stream(0, "runs"))
    data = data_of(LINEAR, runs, key=KEY)
    few = Runs(runs.z[:5], runs.y[:5], runs.ok[:5], 5, {})
    np.testing.assert_array_equal(data_of(LINEAR, few, key=KEY), data[:5])
    noise = (data - runs.y) / 0.4
    assert np.all(np.abs(noise.mean(axis=0)) < 4 / np.sqrt(600))
    assert np.all(np.abs(noise.T @ noise / 600 - np.eye(2)) < 4 * np.sqrt((1 + np.eye(2)) / 600))


def test_drawn_data_have_the_prior_predictive_law():
    n = 1_000
    data = np.array(draw_observations(LINEAR, n, seed=1))
    covariance = 0.7**2 * LINEAR.matrix @ LINEAR.matrix.T + 0.4**2 * np.eye(2)
    variance = np.diag(covariance)
    assert np.all(np.abs(data.mean(axis=0)) < 4 * np.sqrt(variance / n))
    error = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert np.all(np.abs(data.T @ data / n - covariance) < 4 * error)


def test_the_seed_alone_draws_data_and_more_of_them_begin_with_the_same():
    some = draw_observations(LINEAR, 3, seed=1)
    assert draw_observations(LINEAR, 2, seed=1) == some[:2]
    assert not set(draw_observations(LINEAR, 3, seed=2)) & set(some)
    assert all(value == float(f"{value:.9g}") for data in some for value in data)


def test_a_solver_without_data_is_told():
    with pytest.raises(UsageError) as caught:
        draw_observations(Broken(), 2, seed=1)
    assert str(caught.value) == "120 runs of Broken gave 0 finite data; check its solver, or list data"


def test_a_posterior_is_scored_at_listed_data_and_then_at_drawn_ones():
    listed, drawn, _ = Posterior(observations=((1.0, 2),), drawn=2).scored_at(LINEAR, evaluation_seed=1)
    assert (listed.name, listed.data, listed.z, listed.is_listed) == ("c1", (1.0, 2.0), None, True)
    assert (drawn.name, drawn.data, drawn.is_listed) == ("d01", draw_observations(LINEAR, 1, seed=1)[0], False)
