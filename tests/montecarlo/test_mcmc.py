"""Chains against posteriors that are known, and their cost against runs that are counted."""

import re
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.observation import Observed
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Traceable
from sgmbench.core.rng import draw_normal, stream
from sgmbench.errors import CellError
from sgmbench.montecarlo.mcmc import MCMC, faults
from sgmbench.montecarlo.nuts import Chains, Plan, run_chains, starts
from sgmbench.montecarlo.posterior_runs import PosteriorRuns
from sgmbench.problems.linear_gaussian import LinearGaussian, WhiteNoise
from sgmbench.statistics.chains import ess_bulk, r_hat

DATA = (0.5, -1.0, 0.2)
EXECUTED: list[float] = []


@dataclass(frozen=True)
class Counted(LinearGaussian):
    """Notes each run of its solver."""

    def simulate(self, z, xi):
        jax.debug.callback(EXECUTED.append, z[0])
        return super().simulate(z, xi)


@dataclass(frozen=True)
class Half(Counted):
    """Its solver fails where z > 0."""

    def simulate(self, z, xi):
        return {"y": jnp.where(z[0] > 0, jnp.nan, super().simulate(z, xi)["y"])}


@dataclass(frozen=True)
class Hidden(Traceable, Observed):
    """y = z + xi / 2, seen with noise of sd 0.4: nobody says what its posterior is."""

    parameters = (Parameter("z", "V", Normal(1.0, 0.7)),)
    germ_dimension = 1
    layout = Layout((Field("y", "V"),))
    observation = WhiteNoise(1, 0.4)

    def simulate(self, z, xi):
        return {"y": z + xi / 2}


def counted(sample, data, runs, *, seed=0):
    """What is delivered, and how many lanes of the solver ran for it."""
    EXECUTED.clear()
    delivery = sample(data, runs, stream(seed, "chains"))
    jax.effects_barrier()
    return delivery, len(EXECUTED)


def by_chain(values, chains):
    """[chains, draws] of rows in turns."""
    return values.reshape(-1, chains).T


LINEAR = Counted(dimension=3, coupling=0.6, prior_sd=0.7, noise_sd=0.4)
RUNS = 40_000


@pytest.fixture(scope="module")
def counted_linear():
    return counted(MCMC(warmup=300).prepare(LINEAR, at_condition=True, clock=Clock()), DATA, RUNS)


@pytest.fixture(scope="module")
def linear(counted_linear):
    return counted_linear[0]


def test_chains_of_a_linear_model_have_its_posterior(linear):
    """Mean and covariance within four standard errors by ESS, and R-hat below 1.01."""
    problem, z = LINEAR, linear.samples.values
    deviation = z - np.asarray(problem.posterior_mean(jnp.asarray(DATA)))
    C = problem.posterior_covariance()
    for i in range(3):
        assert r_hat(by_chain(z[:, i], 4)) < 1.01
        chains = by_chain(deviation[:, i], 4)
        assert abs(chains.mean()) < 4 * chains.std() / np.sqrt(ess_bulk(chains))
        for j in range(i + 1):
            products = by_chain(deviation[:, i] * deviation[:, j], 4)
            assert abs(products.mean() - C[i, j]) < 4 * products.std() / np.sqrt(ess_bulk(products))
    assert linear.invalid == ()
    assert linear.diagnostics["r_hat"].keys() == {"z_1", "z_2", "z_3"}
    assert linear.diagnostics["r_hat"]["z_1"] == r_hat(by_chain(z[:, 0], 4))
    assert linear.diagnostics["ess_bulk"]["z_2"] == ess_bulk(by_chain(z[:, 1], 4))
    assert linear.diagnostics["chains"] * linear.diagnostics["draws"] == len(z)


def test_the_lanes_that_are_said_to_have_run_are_those_that_did(counted_linear):
    """All but some percent of what lanes compute that wait for the longest trajectory."""
    delivery, executed = counted_linear
    assert delivery.executed_runs <= executed < 1.05 * delivery.executed_runs
    assert delivery.gradients == delivery.solver_runs - 1_000 < delivery.executed_runs  # no start is differentiated
    # the last transition of a chain ends what the budget began
    assert RUNS <= delivery.solver_runs < RUNS + 4 * 2**10


def test_draws_are_dependent_points_of_equal_weight(linear):
    assert linear.samples.has_equal_weights
    assert not linear.samples.is_law
    assert len(np.unique(linear.samples.run)) == len(linear.samples.values)
    assert [field.name for field in linear.samples.layout.fields] == ["z_1", "z_2", "z_3"]


@pytest.fixture(scope="module")
def half():
    problem = Half(dimension=1, prior_sd=0.7, noise_sd=0.4)
    sample = MCMC(chains=1).prepare(problem, at_condition=True, clock=Clock())
    return problem, sample, *counted(sample, (0.2,), 2_500)


def test_failed_runs_have_no_density_and_a_single_chain_spends_what_it_asks_for(half):
    """Prior and likelihood cut at 0: a truncated normal law. Each step over the edge is a divergence, which is said."""
    problem, _, delivery, executed = half
    assert delivery.solver_runs == delivery.executed_runs == executed
    mean, sd = float(problem.posterior_mean(jnp.array([0.2]))[0]), float(problem.posterior_covariance()[0, 0]) ** 0.5
    exact = truncnorm(-np.inf, -mean / sd, mean, sd)
    z = by_chain(delivery.samples.values[:, 0], 1)
    assert z.max() <= 0
    for f in (lambda z: z, np.square):
        assert abs(f(z).mean() - exact.expect(f)) < 4 * f(z).std() / np.sqrt(ess_bulk(f(z)))
    (said,) = delivery.invalid
    assert re.fullmatch(
        r"\d+\.\d % of the transitions diverged, more than 1 %: the chains do not reach all of the posterior; write a "
        r"larger target_acceptance or a longer warmup",
        said,
    )
    assert delivery.diagnostics["divergent"] > 0.01 * delivery.diagnostics["draws"]


def test_the_same_key_gives_the_same_chains_and_another_key_others(half):
    _, sample, delivery, _ = half
    same, other = (sample((0.2,), 2_500, stream(seed, "chains")).samples.values for seed in (0, 1))
    np.testing.assert_array_equal(same, delivery.samples.values)
    assert same[:10].tolist() != other[:10].tolist()


def test_chains_begin_where_there_is_a_density():
    def log_densities(position):
        return jnp.where(position[:, 0] > 1, 0.0, -jnp.inf)

    begin = jax.jit(lambda key: starts(log_densities, 200, 2, key))
    position, attempts, can_start = begin(stream(0, "starts"))
    assert can_start
    assert np.all(position[:, 0] > 1)
    assert 10 < attempts < 100  # 200 geometric laws of success 0.159: the longest of them
    tail = norm.pdf(1) / norm.sf(1)
    assert abs(np.mean(position[:, 0]) - tail) < 4 * np.sqrt((1 + tail - tail**2) / 200)
    _, attempts, can_start = starts(lambda position: position[:, 0] * jnp.nan, 2, 1, stream(0, "starts"))
    assert (int(attempts), bool(can_start)) == (100, False)


def test_a_chain_begins_at_its_likeliest_draw():
    """Of seven; where one of two chains has found none by then, others are drawn until it has."""
    key = stream(0, "starts")
    draw = jax.vmap(lambda i, lane: draw_normal(jax.random.fold_in(key, i), lane, 2))
    drawn = np.asarray(draw(jnp.repeat(jnp.arange(9), 2), jnp.tile(jnp.arange(2), 9))).reshape(9, 2, 2)
    nearest = np.argmin(np.sum((drawn[:7] - 1) ** 2, axis=2), axis=0)
    position, attempts, can_start = starts(lambda each: -jnp.sum((each - 1) ** 2, axis=1), 2, 2, key, best_of=7)
    np.testing.assert_array_equal(position, drawn[nearest, [0, 1]])
    assert (int(attempts), bool(can_start)) == (7, True)

    def only_the_ninth(each):
        is_it = jnp.all(each == jnp.asarray(drawn[8]), axis=1)
        return jnp.where(is_it | (jnp.arange(2) == 0), -jnp.sum(each**2, axis=1), -jnp.inf)

    position, attempts, can_start = starts(only_the_ninth, 2, 2, key, best_of=7)
    np.testing.assert_array_equal(position[1], drawn[8, 1])
    assert (int(attempts), bool(can_start)) == (9, True)


@pytest.mark.parametrize(
    ("can_start", "said"),
    [
        (
            False,
            "100 draws from the prior gave data like these with probability 0 in some chain; check that the model can "
            "give them, and its solver",
        ),
        (
            True,
            "the warm-up of 4 chains by 50 transitions took 1,234 solver runs of 1,000; give more runs, or a shorter "
            "warmup",
        ),
    ],
)
def test_chains_that_cannot_begin_and_budgets_that_the_warm_up_takes_are_told(can_start, said):
    made = can_start, 0, 1_234, 1_230, 1_300, np.zeros((251, 4, 2)), np.zeros((251, 4), bool)
    with pytest.raises(CellError) as caught:
        run_chains(Hidden(), Plan(4, 50, 251), (0.2,), limit=1_000, key=stream(0, "a"), compiled=lambda *_: made)
    assert str(caught.value) == said


@dataclass(frozen=True)
class Looped(Hidden):
    """Its solver iterates until it is done, which JAX cannot go through backwards."""

    def simulate(self, z, xi):
        return {"y": jax.lax.while_loop(lambda y: jnp.abs(y[0]) > 1, lambda y: y / 2, z + xi)}


def chains_of(problem):
    MCMC().prepare(problem, at_condition=True, clock=Clock())((0.2,), 1_000, stream(0, "a"))


def reference_of(problem):
    PosteriorRuns(problem, Clock())(10, key=stream(0, "a"), z=(0.2,))


@pytest.mark.parametrize("run", [chains_of, reference_of])
def test_a_solver_without_a_gradient_is_refused_before_anything_runs(run):
    with pytest.raises(CellError) as caught:
        run(Looped())
    assert re.fullmatch(
        r"Looped\.simulate has no gradient, which chains follow: ValueError: Reverse-mode differentiation does not "
        r"work for lax\.while_loop .*; leave mcmc out, or write the solver so that JAX can differentiate it in reverse",
        str(caught.value),
    )


def test_chains_in_two_places_are_told():
    """By the name of the parameter that is worst."""
    z = np.random.default_rng(0).standard_normal((100, 4, 3))
    made = Chains(z, np.zeros((100, 4), bool), 50, 0, 0, 0)
    assert faults(LINEAR, made, z) == []
    z[:, 3, 1] += 4.0
    worst = r_hat(z[..., 1].T)
    assert faults(LINEAR, made, z) == [
        f"the chains have not mixed: R-hat of z_2 is {worst:.2f}, above 1.05; give more runs"
    ]


def test_long_chains_are_draws_of_a_posterior_that_is_not_known():
    """The germ is integrated out: z and the data are jointly Gaussian, with noise of variance 0.5^2 + 0.4^2."""
    noise, n = 0.5**2 + 0.4**2, 1_200
    variance = 1 / (1 / 0.7**2 + 1 / noise)
    mean = variance * (1.0 / 0.7**2 + 0.2 / noise)
    runs = PosteriorRuns(Hidden(), Clock())(n, key=stream(0, "reference"), z=(0.2,))
    z = runs.y[:, 0]
    assert runs.ok.all()
    assert abs(z.mean() - mean) < 4 * np.sqrt(variance / n)
    assert abs(z.var() - variance) < 4 * variance * np.sqrt(2 / n)
    lag = np.corrcoef(z[:-4], z[4:])[0, 1]  # the same chain's next kept draw
    assert abs(lag) < 4 / np.sqrt(n)
    assert runs.executed > n


def test_known_posteriors_are_drawn_exactly():
    problem, n = LinearGaussian(dimension=3, coupling=0.6), 2_000
    runs = PosteriorRuns(problem, Clock())(n, key=stream(0, "reference"), z=DATA)
    sd = np.sqrt(np.diag(problem.posterior_covariance()))
    white = (runs.y - np.asarray(problem.posterior_mean(jnp.asarray(DATA)))) / sd
    assert np.all(np.abs(white.mean(axis=0)) < 4 / np.sqrt(n))
    assert np.mean(np.abs(white) < norm.ppf(0.75)) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(3 * n))
    assert runs.executed == 0
