"""P(y given data): outputs of the very run that was seen, its germ included."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import norm

from sgmbench.core.clock import Clock
from sgmbench.core.inverse import Predicted, data_of
from sgmbench.core.layout import Field, Layout
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import Normal
from sgmbench.core.problem import Parameter, Traceable
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.core.target import Posterior, Predictive
from sgmbench.montecarlo.mcmc import MCMC
from sgmbench.problems.linear_gaussian import LinearGaussian
from sgmbench.runner.question import PredictiveQuestion

NOISE, N = 0.5, 2_000
LINEAR = LinearGaussian(dimension=2, coupling=0.6)


@dataclass(frozen=True)
class Gauge(Observation):
    """Reads y with noise."""

    size = 1

    def mean(self, fields):
        return fields["y"][None]

    def sample(self, key, fields):
        return fields["y"][None] + NOISE * jax.random.normal(key, (1,))

    def log_density(self, data, fields):
        return jnp.sum(norm.logpdf(data, fields["y"], NOISE))


@dataclass(frozen=True)
class Sum(Traceable, Observed):
    """y = z + 2 xi and w = xi: of y given data d mean 5 d / 5.25 and variance 5 / 21, of w mean 2 d / 5.25."""

    parameters = (Parameter("z", "-", Normal(0.0, 1.0)),)
    germ_dimension = 1
    layout = Layout((Field("y", "-"), Field("w", "-")))
    observation = Gauge()

    def simulate(self, z, xi):
        return {"y": z[0] + 2 * xi[0], "w": xi[0]}


def test_exact_posteriors_are_pushed_through_the_model():
    """y = A z: mean A mu and covariance A Sigma A', at 4 standard errors."""
    data = (0.6, -0.3)
    y = PredictiveQuestion(LINEAR).truth(is_given=True)(N, key=stream(0, "truth"), z=data).y
    mean = LINEAR.matrix @ np.asarray(LINEAR.posterior_mean(jnp.asarray(data)))
    covariance = LINEAR.matrix @ LINEAR.posterior_covariance() @ LINEAR.matrix.T
    sd = np.sqrt(np.diag(covariance))
    assert np.all(np.abs(y.mean(axis=0) - mean) < 4 * sd / N**0.5)
    wrong = np.abs(np.cov(y.T) - covariance)
    assert np.all(wrong < 4 * np.sqrt((covariance**2 + np.outer(sd, sd) ** 2) / N))


def check(y, d, worth):
    """The law of (y, w) given data d, by draws that are worth so many independent ones."""
    mean, variance = np.array([5 * d / 5.25, 2 * d / 5.25]), np.array([5 - 25 / 5.25, 1 - 4 / 5.25])
    assert np.all(np.abs(y.mean(axis=0) - mean) < 4 * np.sqrt(variance / worth))
    assert np.all(np.abs(y.var(axis=0) / variance - 1) < 4 * np.sqrt(2 / worth))


def test_the_germ_of_the_run_that_was_seen_is_inferred_too():
    """Chains in (zeta, xi), as no exact posterior is known; of fresh germs y would have a variance above 4."""
    runs = PredictiveQuestion(Sum()).truth(is_given=True)(N, key=stream(0, "truth"), z=(1.5,))
    check(runs.y, 1.5, worth=N / 2)


def test_chains_deliver_outputs_and_count_what_they_make_again():
    problem, runs = Sum(), 12_000
    sample = MCMC().prepare(Predicted(problem), at_condition=True, clock=Clock())
    found = sample((1.5,), runs, stream(0, "chains"))
    ess = min(found.diagnostics["ess_bulk"].values())
    assert ess > 200
    check(found.samples.values, 1.5, worth=ess)
    assert found.samples.layout == problem.layout
    of_z = MCMC().prepare(problem, at_condition=True, clock=Clock())((1.5,), runs, stream(0, "chains"))
    assert (found.solver_runs, found.gradients) == (of_z.solver_runs, of_z.solver_runs - 4 * 121)
    draws = len(found.samples.values)
    assert draws <= found.executed_runs - of_z.executed_runs < draws + 256


def test_pairs_of_data_and_outputs_teach_it():
    """As many as there are runs, of which none is made again; regression on the data itself gives 5 / 5.25."""
    runs = Simulation(Sum(), Clock(), at_condition=False)(N, key=stream(0, "runs"))
    noise = stream(0, "noise")
    lesson = PredictiveQuestion(Sum()).lesson(runs, noise=noise)
    np.testing.assert_array_equal(lesson.pairs.learned, runs.y)
    data = data_of(Sum(), runs, key=noise)
    np.testing.assert_allclose(lesson.pairs.given, lesson.coordinates(data))
    slope = float(np.cov(data[:, 0], runs.y[:, 0])[0, 1] / np.var(data))
    assert slope == pytest.approx(5 / 5.25, abs=4 * np.sqrt((5 - 25 / 5.25) / 5.25 / N))


def test_it_is_scored_at_the_data_of_a_posterior_in_the_fields_of_the_model():
    settings = {"observations": ((0.5,),), "drawn": 2}
    at = [target.scored_at(Sum(), evaluation_seed=1) for target in (Posterior(**settings), Predictive(**settings))]
    assert at[0] == at[1]
    assert Predictive(drawn=1).layout(Sum()) == Sum().layout
