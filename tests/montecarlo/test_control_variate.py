from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.method import refusal
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Hosted, Leveled, Traceable
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.montecarlo.calibration_weights import RIDGE, calibration_weights, halves, left_over
from sgmbench.montecarlo.control_variate import ControlVariate, Forecast, allocate, pilot_runs
from sgmbench.montecarlo.output_controls import Numbers, modes_needed, numbers, output_controls, spectrum
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.surrogates.polynomial_chaos import PolynomialChaos

SCALAR = Layout((Field("y", "-"),))


@dataclass(frozen=True)
class Correlated(Traceable, Leveled):
    """y = rho x + (1 - rho^2)^(1/2) e, its coarse run x at a tenth of the cost; x, e ~ N(0, 1)."""

    rho: float = 0.95
    level: int = 0

    parameters = ()
    germ_dimension = 2
    layout = SCALAR

    def simulate(self, z, xi):
        return {"y": xi[0] if self.level else self.rho * xi[0] + np.sqrt(1 - self.rho**2) * xi[1]}

    def coarser(self):
        return None if self.level else replace(self, level=1)

    @property
    def relative_cost(self):
        return 0.1**self.level


class Counted(Hosted, Leveled):
    """Runs outside JAX that count their rows by level."""

    parameters = ()
    germ_dimension = 1
    layout = SCALAR

    def __init__(self, level=0, rows=None):
        self.level, self.rows = level, {0: 0, 1: 0} if rows is None else rows

    def simulate_batch(self, z, xi):
        self.rows[self.level] += len(xi)
        return np.sin(xi) + (1 - self.level) * 0.01 * xi**2

    def coarser(self):
        return None if self.level else Counted(1, self.rows)

    @property
    def relative_cost(self):
        return 0.25**self.level


def identity(rows):
    return lambda x: x


def deliver(problem, budget, *, replicates, **settings):
    sample = ControlVariate(**settings).prepare(problem, at_condition=False, clock=Clock())
    return [sample((), budget, stream(0, "control_variate", i)) for i in range(replicates)]


def estimates(deliveries, function):
    return np.array([each.samples.weights @ function(each.samples.values[:, 0]) for each in deliveries])


def standard_errors_off(values, exact):
    return abs(np.mean(values) - exact) / (np.std(values, ddof=1) / np.sqrt(len(values)))


@pytest.mark.parametrize("choose", [identity, lambda rows: lambda x: np.concatenate([x, x > rows.mean()], axis=1)])
def test_weights_are_unbiased_for_every_function_of_few_runs(choose):
    """By the sum over all outcomes of four runs and two further ones, where f(x) takes any values."""
    points, odds = np.array([-1.0, 0.5, 2.0]), np.array([0.5, 0.3, 0.2])
    expectation = np.zeros(3)
    for outcome in product(range(3), repeat=6):
        x, rows = points[list(outcome)][:, None], np.array(outcome[:4])
        weights = calibration_weights(x[:4], x[4:], choose)
        expectation += np.prod(odds[list(outcome)]) * np.bincount(rows, weights, minlength=3)
    np.testing.assert_allclose(expectation, odds, rtol=0, atol=1e-12)


def test_one_set_for_coefficients_and_means_would_be_biased():
    """Why there are halves: calibration of all runs by all runs misses E x^2 of the same law by more than 1 %."""
    points, odds = np.array([-1.0, 0.5, 2.0]), np.array([0.5, 0.3, 0.2])
    square = 0.0
    for outcome in product(range(3), repeat=6):
        x = points[list(outcome)]
        own = x[:4] - x[:4].mean()
        weights = (1 + own * (x.mean() - x[:4].mean()) / ((1 + RIDGE) * np.mean(own**2) or 1.0)) / 4
        square += np.prod(odds[list(outcome)]) * (weights @ x[:4] ** 2)
    assert abs(square / (odds @ points**2) - 1) > 0.01


def test_weights_sum_to_one_and_carry_the_means_of_the_controls():
    """With one and the same linear control in both halves, the weighted mean of x is nearly that of all runs."""
    rng = np.random.default_rng(0)
    x, further = rng.standard_normal((2_000, 1)), rng.standard_normal((50_000, 1))
    weights = calibration_weights(x, further, identity)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    plain, weighted, all_runs = x.mean(), weights @ x[:, 0], np.concatenate([x, further]).mean()
    assert abs(weighted - all_runs) < 0.1 * abs(plain - all_runs)


@pytest.mark.parametrize(("rho", "n", "m", "k"), [(0.9, 100, 400, 1), (0.99, 100, 2_000, 1), (0.0, 200, 800, 10)])
def test_variance_is_the_predicted_one(rho, n, m, k):
    """(1 - rho^2)(1 + 2 k/N) / N + rho^2 (N/4 + M) / (N/2 + M)^2, within 4 standard errors over replicates."""
    rng, replicates = np.random.default_rng(1), 800
    found = np.empty(replicates)
    for i in range(replicates):
        x = rng.standard_normal((n + m, k))
        f = rho * x[:n, 0] + np.sqrt(1 - rho**2) * rng.standard_normal(n)
        found[i] = calibration_weights(x[:n], x[n:], identity) @ f
    predicted = (1 - rho**2) * (1 + 2 * k / n) / n + rho**2 * (n / 4 + m) / (n / 2 + m) ** 2
    second_order = (1 - rho**2) * 8 * (k + 2) ** 2 / n**3
    assert abs(np.var(found) - predicted) < 4 * predicted * np.sqrt(2 / replicates) + second_order
    assert standard_errors_off(found, 0.0) < 4
    plain = 1 / n
    assert np.var(found) < plain * (1 + 2 * k / n) + 4 * plain * np.sqrt(2 / replicates) + second_order


def test_explained_share_is_rho_squared():
    rng, rho, n = np.random.default_rng(2), 0.9, 20_000
    x = rng.standard_normal((n, 1))
    f = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal((n, 1))
    assert left_over(f, *halves(x, x[:1], identity))[0] == pytest.approx(1 - rho**2, rel=4 * np.sqrt(2 / n))


def test_controls_of_a_gaussian_are_its_standard_modes_their_squares_and_steps_at_quantiles():
    problem = PowerLawGaussian()
    y = prepare(problem, Clock(), at_condition=False)(400, key=stream(0, "controls")).y
    split = numbers(40, modes_needed(spectrum(y, problem.layout)[0], len(y)))
    values = output_controls(problem.layout, allowed=40)(y)(y)
    assert values.shape[1] == split.total <= 40
    modes = values[:, : split.modes]
    np.testing.assert_allclose(modes.T @ modes / len(y), np.eye(split.modes), atol=1e-8)
    np.testing.assert_allclose(values[:, split.modes : split.modes + split.squares], modes[:, : split.squares] ** 2)
    steps = values[:, split.modes + split.squares :]
    assert split.stepped >= 1
    shares = np.repeat(1 - np.arange(1, split.bins) / split.bins, split.stepped)
    np.testing.assert_allclose(steps.mean(axis=0), shares, atol=1 / len(y))


def test_a_failed_coarse_run_has_controls_of_zero():
    rng = np.random.default_rng(4)
    y = rng.standard_normal((100, 1))
    y[3] = np.nan
    values = output_controls(SCALAR, allowed=5)(y)(y)
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values[3], 0)
    assert output_controls(SCALAR, allowed=5)(np.full((4, 1), np.nan))(y).shape == (100, 0)


def test_controls_are_one_for_twenty_runs_at_most():
    assert numbers(2, 9) == Numbers(modes=1, squares=1, stepped=0)
    assert numbers(5, 1) == Numbers(modes=1, squares=1, stepped=1, bins=4)
    assert numbers(10, 1) == Numbers(modes=1, squares=1, stepped=1, bins=9)
    assert numbers(25, 1) == Numbers(modes=1, squares=1, stepped=1, bins=24)
    assert numbers(50, 9) == Numbers(modes=9, squares=9, stepped=4, bins=9)
    assert all(numbers(k, 30).total <= k for k in range(1, 200))


def test_allocation_is_the_known_optimum():
    """M/N + 1 = (rho^2 (1 + c) / ((1 - rho^2) c))^1/2 for the approximate variance; the exact one is flat there."""
    c, runs, rho = 0.1, 100_000, 0.95
    plan = allocate(runs, 0, c, Forecast(rho**2, np.ones(1)))
    best = np.sqrt(rho**2 * (1 + c) / ((1 - rho**2) * c)) - 1
    assert plan.further / plan.fine == pytest.approx(best, rel=0.35)
    assert runs - c <= plan.cost(c) <= runs + 1e-9


def test_half_of_the_budget_is_left_to_pairs_where_coarse_runs_tell_nearly_all():
    c, runs = 0.1, 100_000
    plan = allocate(runs, 0, c, Forecast(0.9999, np.ones(1)))
    assert plan.fine * (1 + c) == pytest.approx(runs / 2, abs=2 * (1 + c))
    assert plan.further * c == pytest.approx(runs / 2, abs=2 * (1 + c))


def test_uncorrelated_coarse_runs_leave_plain_ones():
    plan = allocate(1_000, 50, 0.1, Forecast(0.3, np.ones(1)))
    assert (plan.fine, plan.further) == (945, 0)
    deliveries = deliver(Correlated(rho=0.1), 1_000, replicates=3)
    for each in deliveries:
        assert each.samples.has_equal_weights
        assert each.solver_runs == pytest.approx(1_000, abs=1)


def test_deliveries_are_unbiased_and_their_variance_is_lower_as_predicted():
    """The mean and P(y > 1) of N(0, 1) from 400 runs' worth; the mean at the variance of its plan."""
    problem, budget, replicates = Correlated(rho=0.98), 400, 60
    deliveries = deliver(problem, budget, replicates=replicates, further=10.0)
    told = deliveries[0].diagnostics
    n, m = told["fine_runs"], told["further_coarse_runs"]
    assert (n, m) == (190, pytest.approx(1_910, abs=1))
    means, above = (estimates(deliveries, f) for f in (lambda y: y, lambda y: y > 1))
    assert standard_errors_off(means, 0.0) < 4
    assert standard_errors_off(above, 0.158655) < 4
    rho2 = problem.rho**2
    k = numbers(n // 20, 1).total
    predicted = (1 - rho2) * (1 + 2 * k / n) / n + rho2 * (n / 4 + m) / (n / 2 + m) ** 2
    assert np.var(means) == pytest.approx(predicted, rel=4 * np.sqrt(2 / replicates) + 4 * k / n)
    assert predicted * budget < 0.35
    assert np.var(above) * n < 0.7 * 0.158655 * 0.841345
    explained = np.mean([each.diagnostics["explained"]["y"] for each in deliveries])
    assert explained == pytest.approx(rho2, abs=0.01)


def test_a_pilot_finds_a_plan_that_is_better_than_plain_runs():
    budget, replicates = 500, 16
    deliveries = deliver(Correlated(rho=0.98), budget, replicates=replicates)
    assert {each.diagnostics["pilot_runs"] for each in deliveries} == {pilot_runs(budget)} == {25}
    means = estimates(deliveries, lambda y: y)
    assert standard_errors_off(means, 0.0) < 4
    assert np.var(means) * budget < 0.5
    assert all(budget - 2 < each.solver_runs <= budget for each in deliveries)


def test_cost_is_that_of_the_rows_that_were_run():
    problem = Counted()
    delivery = deliver(problem, 500, replicates=1)[0]
    told, rows = delivery.diagnostics, problem.rows
    assert rows[0] == told["pilot_runs"] + told["fine_runs"]
    assert rows[1] == rows[0] + told["further_coarse_runs"]
    assert delivery.solver_runs == pytest.approx(rows[0] + 0.25 * rows[1]) == pytest.approx(delivery.executed_runs)
    assert len(delivery.samples.values) == told["fine_runs"]


def test_coarse_runs_that_cost_a_half_leave_plain_ones_and_those_that_cost_a_sixteenth_do_not():
    """However close they are to fine ones: what 7 controls of 158 runs leave of a law, an eighth, is too much."""
    forecast = Forecast(0.9999, np.ones(1))
    assert allocate(500, 25, 1 / 2, forecast).further == 0
    plan = allocate(500, 25, 1 / 16, forecast)
    assert plan.further > 10 * plan.fine > 1_000


@pytest.mark.parametrize("further", [1e-9, 1e-3, 0.5, 3.0])
@pytest.mark.parametrize("c", [0.1, 0.25, 0.3, 0.5, 1 / 3])
def test_a_given_share_of_further_runs_spends_the_budget(further, c):
    """Up to less than one coarse run, and one further run at least is made."""
    for runs in range(200, 260):
        plan = ControlVariate(further=further)._fixed(runs, c)
        assert plan is not None
        assert plan.further >= max(1, further * plan.fine)
        assert runs - c < plan.cost(c) + 1e-9
        assert plan.cost(c) < runs + 1e-9


def test_refusals_say_what_to_do():
    with pytest.raises(CellError) as error:
        deliver(Counted(), 60, replicates=1)
    assert str(error.value) == (
        "control_variate: 60 runs are too few for 40 fine runs and their coarse ones; give at least 73 runs, or take "
        "monte_carlo"
    )
    with pytest.raises(CellError) as error:
        deliver(Counted(level=1), 1_000, replicates=1)
    beyond = "is beyond the coarsest level of Counted"
    assert str(error.value) == f"control_variate: coarsening 1 {beyond}; refine the problem, or take monte_carlo"
    with pytest.raises(CellError) as error:
        deliver(Counted(), 1_000, replicates=1, coarsening=3)
    assert str(error.value) == f"control_variate: coarsening 3 {beyond}; write 1 at most"


def test_a_problem_without_levels_enough_below_it_is_refused_before_anything_runs():
    has = "ControlVariate needs a problem with coarser levels, {} or more; this Counted has {}".format
    assert refusal(ControlVariate(), Counted()) is None
    assert refusal(ControlVariate(), Counted(level=1)) == has(1, 0)
    assert refusal(ControlVariate(coarsening=3), Counted()) == has(3, 1)
    assert refusal(ControlVariate(control=PolynomialChaos()), Counted(level=1)) is None
