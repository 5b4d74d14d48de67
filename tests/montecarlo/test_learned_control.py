"""Learned controls: exactly unbiased, their variance where rho is known, their cost, and what they do to a law."""

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pytest

from sgmbench.config.dump import dump
from sgmbench.config.faults import ConfigError
from sgmbench.config.load import build
from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.germs import Germs
from sgmbench.core.layout import Field, Layout
from sgmbench.core.method import Surrogate, refusal
from sgmbench.core.prepare import prepare
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Featured, Hosted, Traceable
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.montecarlo.calibration_weights import weights_of
from sgmbench.montecarlo.control_variate import ControlVariate
from sgmbench.montecarlo.learned_control import LearnedControl, crossed
from sgmbench.problems.borehole import MEAN, SD, Borehole

SCALAR = Layout((Field("y", "-"),))
K = 4


@dataclass(frozen=True)
class Correlated(Traceable):
    """y = rho xi_0 + (1 - rho^2)^(1/2) xi_1, standard normal."""

    rho: float = 0.95

    parameters = ()
    germ_dimension = 2
    layout = SCALAR

    def simulate(self, z, xi):
        return {"y": self.rho * xi[0] + np.sqrt(1 - self.rho**2) * xi[1]}


@dataclass(frozen=True)
class FirstGerm(Surrogate):
    """Predicts the first entry of the germ, or of the features."""

    sees_features: bool = False

    @property
    def takes_features(self):
        return self.sees_features

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        assert np.isfinite(pairs.learned).all()
        return {}

    def prepare_map(self, fit, *, clock):
        return lambda given, germ: germ[:, :1]


@dataclass(frozen=True)
class Scaled(Traceable, Featured):
    """y = z (xi_0 + xi_1) with one feature, y itself."""

    parameters = (Parameter("z", "-", Uniform(1.0, 2.0)),)
    germ_dimension = 2
    layout = SCALAR

    def simulate(self, z, xi):
        return {"y": z[0] * (xi[0] + xi[1])}

    def features(self, z, xi):
        return z[:1] * (xi[0] + xi[1])


class Counted(Hosted):
    """Runs outside JAX that count their rows; those of xi > 1.5 fail."""

    parameters = ()
    germ_dimension = 1
    layout = SCALAR

    def __init__(self):
        self.rows = 0

    def simulate_batch(self, z, xi):
        self.rows += len(xi)
        return np.where(xi > 1.5, np.nan, np.sin(xi))


def deliver(problem, budget, *, replicates, z=(), **settings):
    sample = ControlVariate(**settings).prepare(problem, at_condition=bool(z), clock=Clock())
    return [sample(z, budget, stream(0, "learned_control", i)) for i in range(replicates)]


def standard_errors_off(values, expected):
    return abs(np.mean(values) - expected) / (np.std(values, ddof=1) / np.sqrt(len(values)))


def dealt(x, fresh, fitted, functions):
    """Weights of rows in parts, as many as there are functions; `fitted` makes a surrogate of some of the rows."""
    part = np.arange(len(x)) % len(functions)
    fits = {pair: fitted(~np.isin(part, pair)) for pair in combinations(range(len(functions)), 2)}
    return weights_of(part, crossed(x, fresh, part, fits, functions))


def identity(rows):
    return rows


def exact(used):
    """The surrogate that predicts the germ."""
    return identity


def test_surrogates_that_repeat_what_they_saw_leave_the_weights_unbiased():
    """By the sum over all outcomes of three runs in three parts and two fresh germs, for every f at once."""
    points, odds = np.array([-1.0, 0.5, 2.0]), np.array([0.5, 0.3, 0.2])
    f = np.array([3.0, -1.0, 0.7])
    expectation, spread = np.zeros(3), 0.0
    for outcome in product(range(3), repeat=5):
        rows = np.array(outcome)
        x, seen = points[rows][:, None], rows[:3]

        def fitted(used, seen=seen):
            """f at the germs seen, a line elsewhere."""
            known = {points[i]: f[i] for i in seen[used]}
            return lambda germ: np.array([[known.get(each, each)] for each in germ[:, 0]])

        def chosen(number, seen=seen):
            """A function that the other parts' outcomes choose."""
            at = np.delete(seen, number).sum()
            return lambda y: np.concatenate([y, (y > f[at % 3]).astype(float)], axis=1)

        weights = dealt(x[:3], x[3:], fitted, [chosen(number) for number in range(3)])
        expectation += np.prod(odds[rows]) * np.bincount(seen, weights, minlength=3)
        spread = max(spread, float(np.ptp(weights)))
    np.testing.assert_allclose(expectation, odds, rtol=0, atol=1e-12)
    assert spread > 0.1


@pytest.mark.parametrize(("rho", "n", "m", "k"), [(0.9, 100, 400, 1), (0.99, 100, 5_000, 1), (0.0, 200, 800, 8)])
def test_variance_is_the_predicted_one(rho, n, m, k):
    """(1 - rho^2)(1 + K/(K - 1) k/N) / N + rho^2 (N/K^2 + M) / (N/K + M)^2, within 4 standard errors."""
    rng, replicates = np.random.default_rng(1), 400
    found = np.empty(replicates)
    for i in range(replicates):
        x = rng.standard_normal((n + m, k))
        f = rho * x[:n, 0] + np.sqrt(1 - rho**2) * rng.standard_normal(n)
        found[i] = dealt(x[:n], x[n:], exact, [identity] * K) @ f
    predicted = (1 - rho**2) * (1 + K / (K - 1) * k / n) / n + rho**2 * (n / K**2 + m) / (n / K + m) ** 2
    second_order = (1 - rho**2) * 8 * (k + 2) ** 2 / n**3
    assert abs(np.var(found) - predicted) < 4 * predicted * np.sqrt(2 / replicates) + second_order
    assert standard_errors_off(found, 0.0) < 4


def test_a_surrogate_that_has_learned_noise_by_heart_costs_next_to_nothing():
    """It repeats the runs that it saw exactly, and predicts noise of their size elsewhere; y is noise."""
    rng, replicates, n = np.random.default_rng(2), 400, 80
    found = np.empty(replicates)
    for i in range(replicates):
        x, fresh, y = np.arange(n)[:, None] * 1.0, np.arange(n, 5 * n)[:, None] * 1.0, rng.standard_normal(n)
        elsewhere = rng.standard_normal((K * K, 5 * n))

        def fitted(used, y=y, elsewhere=elsewhere):
            values = elsewhere[int(np.flatnonzero(~used)[1]) + K * int(np.flatnonzero(~used)[0])].copy()
            values[:n][used] = y[used]
            return lambda germ: values[germ[:, 0].astype(int)][:, None]

        found[i] = dealt(x, fresh, fitted, [identity] * K) @ y
    assert np.var(found) * n < 1.1 + 4 * np.sqrt(2 / replicates)
    assert standard_errors_off(found, 0.0) < 4


def test_steps_leave_one_in_so_many_of_a_distribution_functions_error():
    """Where the surrogate is exact: the integral of (F_w - F)^2 over that of plain runs, y uniform, 24 bins."""
    rng, replicates, n, m, bins = np.random.default_rng(3), 100, 480, 5_000, 24
    t = (np.arange(2_000) + 0.5) / 2_000
    squares = np.empty((replicates, 2))
    edges = np.arange(1, bins) / bins
    for i in range(replicates):
        x, fresh = rng.random((n, 1)), rng.random((m, 1))
        weights = dealt(x, fresh, exact, [lambda y: (y > edges).astype(float)] * K)
        order = np.argsort(x[:, 0])
        for j, w in enumerate((weights, np.full(n, 1 / n))):
            cumulative = np.concatenate([[0.0], np.cumsum(w[order])])
            squares[i, j] = np.mean((cumulative[np.searchsorted(x[order, 0], t)] - t) ** 2)
    weighted, plain = squares.mean(axis=0)
    assert plain == pytest.approx(1 / (6 * n), rel=0.3)
    price = 1 + K / (K - 1) * bins / n
    predicted = price / (6 * bins * n) + 1 / (6 * m)
    assert weighted == pytest.approx(predicted, rel=0.25)


def test_deliveries_are_unbiased_and_their_variance_is_lower_as_predicted():
    """The mean and P(y > 1) of N(0, 1) from 200 runs, of which the surrogate explains rho^2 = .95."""
    rho2, n, replicates = 0.95, 200, 80
    deliveries = deliver(Correlated(np.sqrt(rho2)), n, replicates=replicates, control=FirstGerm())
    values = [(each.samples.weights, each.samples.values[:, 0]) for each in deliveries]
    means, above = (np.array([w @ f(y) for w, y in values]) for f in (lambda y: y, lambda y: y > 1))
    assert standard_errors_off(means, 0.0) < 4
    assert standard_errors_off(above, 0.158655) < 4
    k = n // 20
    predicted = (1 - rho2) * (1 + K / (K - 1) * k / n) / n + rho2 / (50 * n)
    assert np.var(means) == pytest.approx(predicted, rel=4 * np.sqrt(2 / replicates))
    assert np.var(above) * n < 0.5 * 0.158655 * 0.841345
    told = deliveries[0].diagnostics
    assert (told["fine_runs"], told["further_germs"], told["folds"]) == (200, 10_000, 4)
    explained = np.mean([each.diagnostics["explained"]["y"] for each in deliveries])
    assert explained == pytest.approx(rho2, abs=0.01)


def test_cost_is_that_of_the_rows_that_were_run_and_failed_runs_teach_nothing():
    problem = Counted()
    (delivery,) = deliver(problem, 200, replicates=1, control=FirstGerm())
    assert problem.rows == delivery.solver_runs == delivery.executed_runs == 200
    assert len(delivery.samples.values) == 200
    assert 0.02 < 1 - delivery.samples.ok.mean() < 0.15
    assert np.isfinite(delivery.samples.weights).all()
    assert delivery.samples.weights.sum() == pytest.approx(1, abs=1e-12)


def test_every_surrogate_of_a_cross_fit_learns_from_as_many_runs_none_of_them_its_own():
    """Of 103 runs in parts of 26, 26, 26 and 25 the pair of the two largest leaves 51, and no fit has more."""
    seen: list[np.ndarray] = []

    @dataclass(frozen=True)
    class Recording(FirstGerm):
        def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
            seen.append(pairs.germ[:, 0])
            return {}

    problem, key, part = Correlated(), stream(0, "parts"), np.arange(103) % K
    made = prepare(problem, Clock(), at_condition=False)(103, key=key, z=())
    control = LearnedControl(Recording(), problem, at_condition=False, clock=Clock())
    control.parts(made, folds=K, further=1, stream=key, z=(), key=stream(0, "fits"))
    x = control.germs.of_runs(103, key=key, z=None)[:, 0]
    for of_fit, pair in zip(seen, combinations(range(K), 2), strict=True):
        np.testing.assert_array_equal(of_fit, x[~np.isin(part, pair)][:51])


def test_a_surrogate_sees_what_was_run_at_a_condition_and_over_the_prior():
    problem, key, clock = Scaled(), stream(0, "seen"), Clock()
    for conditional, z in ((True, (1.7,)), (False, ())):
        y = prepare(problem, clock, at_condition=conditional)(20, key=key, z=z).y
        germs = Germs(problem, conditional=conditional, features=True, clock=clock, phase="sample")
        seen = germs.of_runs(20, key=key, z=z or None)
        np.testing.assert_array_equal(seen[:, -1], y[:, 0])
    (delivery,) = deliver(problem, 100, replicates=1, z=(1.7,), control=FirstGerm(sees_features=True))
    assert delivery.diagnostics["explained"]["y"] > 0.999


def test_polynomial_chaos_makes_200_runs_of_a_borehole_worth_more():
    """Squared errors of less than a tenth (mean) and a third (distribution function) of those of plain runs."""
    n, control = 200, build("methods", {"kind": "polynomial_chaos", "candidates": 100})
    truth = np.sort(prepare(Borehole(), Clock(), at_condition=False)(10_000, key=stream(1, "truth")).y[:, 0])
    t, F = truth[5::10], (np.arange(1_000) + 0.5) / 1_000
    means, distances = [], []
    for each in deliver(Borehole(), n, replicates=3, control=control):
        y, w = each.samples.values[:, 0], each.samples.weights
        means.append((w @ y - MEAN) / SD)
        distances.append(np.gradient(t) @ ((y <= t[:, None]) @ w - F) ** 2)
    assert np.mean(np.square(means)) < 0.1 / n
    assert np.mean(distances) < np.gradient(t) @ (F * (1 - F)) / n / 3


def test_a_network_makes_400_runs_of_a_borehole_worth_more():
    """It explains nine tenths of the variance, and squared errors of the mean are less than a fifth of plain runs'."""
    training = {"steps": 400, "warmup": 40, "batch": 128, "evaluate_every": 100}
    control = build("methods", {"kind": "network", "width": 32, "blocks": 1, "training": training})
    deliveries = deliver(Borehole(), 400, replicates=3, control=control, folds=3)
    means = [(each.samples.weights @ each.samples.values[:, 0] - MEAN) / SD for each in deliveries]
    assert np.mean([each.diagnostics["explained"]["flow"] for each in deliveries]) > 0.9
    assert np.mean(np.square(means)) < 0.2 / 400


def test_a_configuration_names_the_control():
    written = {"kind": "control_variate", "control": {"kind": "polynomial_chaos", "degree": 3}, "folds": 5}
    method = build("methods", written)
    assert method.control.degree == 3
    plain = dump(method)
    assert plain["control"]["kind"] == "polynomial_chaos"
    assert build("methods", {"kind": "control_variate", **plain}) == method
    assert dump(build("methods", "control_variate"))["control"] == "coarse"
    assert refusal(method, Borehole()) is None
    assert refusal(ControlVariate(), Borehole()) == "ControlVariate needs a problem that is Leveled; Borehole is not"


def test_refusals_say_what_to_do():
    with pytest.raises(CellError) as error:
        deliver(Correlated(), 39, replicates=1, control=FirstGerm())
    assert str(error.value) == (
        "control_variate: 39 runs are too few to learn a control from; give at least 40 runs, or take monte_carlo"
    )
    with pytest.raises(ConfigError) as fault:
        build("methods", {"kind": "control_variate", "control": "network", "coarsening": 2})
    assert "coarsening: 2 is of coarse runs, and this control needs none; leave it out" in str(fault.value)
