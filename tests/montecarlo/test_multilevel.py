"""Multilevel Monte Carlo: unbiased, of the variance that is predicted, and paid for to the last run."""

from collections import Counter
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import refusal
from sgmbench.core.problem import Hosted, Leveled, Traceable
from sgmbench.core.rng import stream
from sgmbench.core.runs import Runs
from sgmbench.errors import CellError
from sgmbench.metrics.weights import independent_weight
from sgmbench.montecarlo import hierarchy as hierarchies
from sgmbench.montecarlo.allocation import pair_costs
from sgmbench.montecarlo.hierarchy import Hierarchy
from sgmbench.montecarlo.level_moments import moments, rate
from sgmbench.montecarlo.multilevel import Multilevel, make_plan, make_terms
from sgmbench.montecarlo.telescope import weighted_set
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion
from sgmbench.problems.ishigami import Ishigami
from sgmbench.problems.revealed import Revealed

X = Axis("x", "m", (0.0, 1.0, 4.0))
EXECUTED: Counter = Counter()
REQUESTED: Counter = Counter()


class _Levels:
    """y_l = xi_0 + sum_(k <= l) 2^-k (1 + xi_k): E y_l = 1 - 2^-l, V_l = 4^-l; or xi^2 in the place of 1 + xi."""

    parameters = ()
    layout = Layout((Field("q", "V"), Field("u", "W", (X,))))

    @property
    def germ_dimension(self):
        return self.finest + 1

    @property
    def relative_cost(self):
        return 0.5**self.level

    def coarser(self):
        return None if self.level == self.finest else replace(self, level=self.level + 1)

    def value(self, xi):
        l = self.finest - self.level  # noqa: E741
        noise = xi**2 if self.skewed else 1 + xi
        first = noise[..., 0] - 1
        return first + sum(0.5**k * noise[..., k] for k in range(1, l + 1))

    @property
    def variances(self):
        """V_l, that of y_0 first."""
        return (2 if self.skewed else 1) * 0.25 ** np.arange(self.finest + 1)


@dataclass(frozen=True)
class Ladder(_Levels, Traceable, Leveled):
    """In JAX; `counted` counts the lanes of the device."""

    finest: int = 3
    level: int = 0
    skewed: bool = False
    counted: bool = False
    fails: float = float("inf")

    def simulate(self, z, xi):
        if self.counted:
            jax.debug.callback(lambda _: EXECUTED.update([self.level]), xi[0])
        y = jnp.where(xi[0] > self.fails, jnp.nan, self.value(xi))
        return {"q": y, "u": y * jnp.array([1.0, 2.0, 3.0])}


@dataclass(frozen=True)
class OnHost(_Levels, Hosted, Leveled):
    """On the host; counts the rows that are asked for."""

    finest: int = 3
    level: int = 0
    skewed: bool = False

    def simulate_batch(self, z, xi):
        REQUESTED[self.level] += len(xi)
        return self.value(xi)[:, None] * [1.0, 1.0, 2.0, 3.0]


class InNumPy:
    """A ladder made ready without compilation, for many repetitions."""

    def __init__(self, problem, clock, *, at_condition, padded):
        self.problem = problem

    def __call__(self, n, *, key, z=()):
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
        y = self.problem.value(rng.standard_normal((n, self.problem.germ_dimension)))[:, None] * [1.0, 1.0, 2.0, 3.0]
        return Runs(np.zeros((n, 0)), y, np.ones(n, bool), executed=n, seconds={})


@pytest.fixture
def fast(monkeypatch):
    monkeypatch.setattr(hierarchies, "prepare", InNumPy)


def key(*labels):
    return stream(0, "test_multilevel", *labels)


def deliver(problem, budget, *, label, **options):
    return Multilevel(**options).prepare(problem, at_condition=False, clock=Clock())((), budget, key(label))


def repeated(problem, budget, *, label, repeats, **options):
    sample = Multilevel(**options).prepare(problem, at_condition=False, clock=Clock())
    return [sample((), budget, key(label, repeat)) for repeat in range(repeats)]


def mean(delivery):
    return float(delivery.samples.weights @ delivery.samples.values[:, 0])


def test_the_mean_of_the_finest_level_is_unbiased_where_the_pilot_is_small_and_skewed(fast):
    """E y_2 = 3/4. Had each half been planned by its own pilot, the mean would be off by many standard errors."""
    problem, repeats = Ladder(finest=2, skewed=True), 160
    delivered = np.array([mean(each) for each in repeated(problem, 120, label="bias", repeats=repeats)])
    hierarchy, own = Hierarchy(problem, Clock(), at_condition=False), []
    for repeat in range(repeats):
        pilot = [hierarchy.run(level, 8, pairs=8, key=key("own", repeat, level)) for level in range(3)]
        plan = make_plan(pilot, problem.layout, hierarchy.cost, budget=40.0)
        samples = weighted_set(make_terms(hierarchy, pilot, plan, key=key("own", repeat), z=()), problem.layout)
        own.append(2 * samples.weights @ samples.values[:, 0])  # one sum alone weighs one half
    z, z_own = (
        (np.mean(each) - 3 / 4) / (np.std(each, ddof=1) / np.sqrt(repeats)) for each in (delivered, np.array(own))
    )
    assert abs(z) < 4
    assert z_own < -4


def test_the_variance_is_the_one_that_is_told_and_near_the_least(fast):
    """Over 120 repetitions, against (sum_l (V_l C_l)^1/2)^2 / B with the best start.

    u is 1, 2, 3 times q on a grid of weights 1/6, 1/3, 1/2.
    """
    problem, budget, repeats = Ladder(finest=3), 300, 120
    deliveries = repeated(problem, budget, label="variance", repeats=repeats)
    found = np.var([mean(each) for each in deliveries], ddof=1)
    told = np.mean([each.diagnostics["standard_error"]["q"] ** 2 for each in deliveries])
    cost, variance = 0.5 ** np.arange(3, -1, -1), problem.variances
    sums = [
        np.sqrt(variance[: s + 1].sum() * cost[s]) + np.sum(np.sqrt(variance * pair_costs(cost))[s + 1 :])
        for s in range(4)
    ]
    least = min(sums) ** 2 / budget
    assert found == pytest.approx(told, rel=4 * np.sqrt(2 / repeats))
    assert least < told < 1.3 * least
    weights = problem.layout.fields[1].quadrature
    said = deliveries[0].diagnostics["standard_error"]
    assert said["u"] == pytest.approx(said["q"] * np.sqrt(weights @ [1, 4, 9]), rel=1e-9)


def test_variances_costs_and_rates_of_the_levels_are_told(fast):
    """Two fields that are one number in other units: the norm is twice V_l / Var y_L.

    To begin at y_1 costs 5 % less than to begin at y_2, so that pilots choose either.
    """
    problem = Ladder(finest=4)
    told = deliver(problem, 100_000, label="rates", pilot=1_000).diagnostics
    levels = told["levels"]
    assert [each["level"] for each in levels if each["is_first"]] == [1, 2]  # the halves differ
    total = problem.variances.sum()
    for each in levels:
        level, is_first = each["level"], each["is_first"]
        variance = problem.variances[: level + 1].sum() if is_first else problem.variances[level]
        assert each["cost"] == 0.5 ** (4 - level) * (1 if is_first else 1.5)
        error = np.sqrt(2.5 / each["runs"] + 2.5 / levels[-1]["runs"])  # that of Var y_L too
        assert each["variance"] == pytest.approx(2 * variance / total, rel=4 * error)
        assert each["kurtosis"] == pytest.approx(3, abs=4 * np.sqrt(24 / each["runs"]))
    assert told["alpha"] == pytest.approx(1, abs=0.02)
    assert told["beta"] == pytest.approx(2, abs=0.1)
    assert told["gamma"] == pytest.approx(1, abs=1e-12)
    assert told["warnings"] == []


def test_the_cost_is_that_of_the_rows_asked_for_and_within_the_budget():
    sample = Multilevel().prepare(OnHost(finest=2), at_condition=False, clock=Clock())
    for budget in (90, 1_333):
        REQUESTED.clear()
        delivery = sample((), budget, key("requested", budget))
        assert delivery.solver_runs == pytest.approx(sum(n * 0.5**level for level, n in REQUESTED.items()), rel=1e-12)
        assert delivery.executed_runs == delivery.solver_runs
        assert 0.98 * budget - 2 < delivery.solver_runs <= budget


@pytest.mark.skipif(len(jax.devices()) > 1, reason="lanes are counted for one device")
def test_executed_runs_are_the_lanes_of_the_device():
    EXECUTED.clear()
    delivery = deliver(Ladder(finest=1, counted=True), 700, label="executed")
    jax.effects_barrier()
    assert delivery.executed_runs == pytest.approx(sum(n * 0.5**level for level, n in EXECUTED.items()), rel=1e-12)
    assert delivery.solver_runs <= 700 < delivery.executed_runs


def test_weights_add_up_to_one_and_rows_of_a_pair_share_their_run(fast):
    problem = Ladder()
    samples = deliver(problem, 100, label="weights").samples
    assert samples.weights.sum() == pytest.approx(1, abs=1e-12)
    runs, count = np.unique(samples.run, return_counts=True)
    assert set(count) == {1, 2}
    for run in runs[count == 2]:
        assert samples.weights[samples.run == run].sum() == 0
    paired = samples.weights[np.isin(samples.run, runs[count == 2])]
    assert np.sum(paired > 0) == np.sum(paired < 0)
    alone = samples.weights[np.isin(samples.run, runs[count == 1])]
    assert independent_weight(samples) == pytest.approx(1 - alone @ alone, rel=1e-9)  # pairs weigh nothing together


def test_where_no_coarser_level_helps_plain_monte_carlo_is_left(fast):
    """On a coarser level that has nothing in common with the finest the least variance begins with the latter."""

    @dataclass(frozen=True)
    class Unrelated(Ladder):
        def value(self, xi):
            return xi[..., self.level]

    delivery = deliver(Unrelated(finest=2), 400, label="unrelated")
    assert {each["level"] for each in delivery.diagnostics["levels"]} == {2}
    assert np.all(delivery.samples.weights > 0)
    assert (delivery.diagnostics["alpha"], delivery.diagnostics["beta"], delivery.diagnostics["gamma"]) == (None,) * 3


def test_a_failed_pair_weighs_nothing_and_is_still_counted():
    delivery = deliver(Ladder(finest=1, fails=1.0), 300, label="failed")
    samples = delivery.samples
    failed = ~samples.ok
    assert 0.1 < failed.mean() < 0.22
    assert np.all(samples.weights[failed] == 0)
    assert samples.weights.sum() == pytest.approx(1, abs=1e-12)
    assert samples.keep(samples.ok).weights.sum() == pytest.approx(1, abs=1e-12)
    with pytest.raises(CellError, match=r"^level 0: 0 of 18 pilot runs gave finite values, which tells no variance; "):
        deliver(Ladder(finest=1, fails=-10.0), 300, label="failed")


@pytest.fixture(scope="module")
def gbm():
    """A delivery for 6,000 runs of 8 steps."""
    return deliver(GeometricBrownianMotion(steps=8), 6_000, label="gbm")


def test_the_mean_of_geometric_brownian_motion_is_that_of_its_finest_scheme(gbm):
    """E S_n = S(0) (1 + r h)^n; the call within its discretization bias, below .02, of Black and Scholes."""
    means = gbm.samples.weights @ gbm.samples.values
    sd = GeometricBrownianMotion().moments(None)
    for i, name, exact, bias in ((0, "stock", 100 * (1 + 0.05 / 8) ** 8, 0.0), (1, "call", 10.450584, 0.02)):
        error = gbm.diagnostics["standard_error"][name]
        plain = float(sd[name].sd) / np.sqrt(6_000)
        assert abs(means[i] - exact) < 4 * error + bias
        assert error < plain / 2


def variances_of(scheme):
    """Moments of the differences of stock, call and digital on 1 to 32 steps, 10,000 pairs each."""
    problem = GeometricBrownianMotion(steps=32, scheme=scheme)
    hierarchy = Hierarchy(problem, Clock(), at_condition=False)
    pairs = [hierarchy.run(level, 10_000, pairs=10_000, key=key(scheme, level)) for level in range(1, 6)]
    return [moments(each.difference, problem.layout) for each in pairs]


@pytest.mark.parametrize(("scheme", "order"), [("milstein", 1.0), ("euler", 0.5)])
def test_fine_and_coarse_paths_of_one_germ_converge_at_the_strong_order(scheme, order):
    """beta is twice the order for the stock and for the call; few pairs differ in the digital call."""
    found = variances_of(scheme)
    stock, call = (-rate(np.array([each.variance[i] for each in found])) for i in range(2))
    assert stock == pytest.approx(2 * order, abs=0.1)
    assert call == pytest.approx(2 * order, abs=0.2)
    assert found[-1].kurtosis[2] > 15 * found[-1].kurtosis[1]


def test_a_digital_option_is_warned_of(gbm):
    """Of two paths on neighboring levels few end on different sides of the strike."""
    told = gbm.diagnostics
    digital = [text for text in told["warnings"] if text.startswith("digital: few runs of level ")]
    assert digital
    assert digital[0].endswith(
        "so that the variance of their difference is hardly known; do not trust the standard error"
    )


def test_a_problem_without_levels_is_refused():
    assert refusal(Multilevel(), Ishigami()) == "Multilevel needs a problem that is Leveled; Ishigami is not"
    words = "this GeometricBrownianMotion is its own coarsest level; choose a finer one, or monte_carlo"
    with pytest.raises(CellError, match=f"^{words}$"):
        deliver(GeometricBrownianMotion(steps=1), 100, label="refused")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            Revealed(GeometricBrownianMotion(steps=4), modes=1, order="sensitivity"),
            "in the order of sensitivity every level of GeometricBrownianMotion has a germ of its own; write order: "
            "germ, or monte_carlo",
        ),
        (
            Revealed(GeometricBrownianMotion(steps=1), modes=1, order="sensitivity"),
            "this GeometricBrownianMotion is its own coarsest level; choose a finer one, or monte_carlo",
        ),
        (
            Revealed(PowerLawGaussian(4), modes=1),
            "PowerLawGaussian has no levels that Revealed could take over; choose another problem, or monte_carlo",
        ),
    ],
)
def test_a_revealed_problem_of_a_single_level_says_what_to_write(problem, words):
    with pytest.raises(CellError) as caught:
        deliver(problem, 100, label="refused")
    assert str(caught.value) == words


def test_a_budget_that_does_not_pay_for_the_pilot_is_refused(fast):
    """8 (1/8 + 3/8 + 3/4 + 3/2) = 22 runs."""
    words = "a pilot of 8 runs on each of 4 levels costs 22.0 runs, more than a quarter of 87; give at least 88 runs"
    with pytest.raises(CellError, match=f"^{words}$"):
        deliver(Ladder(), 87, label="refused")
    assert deliver(Ladder(), 88, label="accepted").solver_runs <= 88
