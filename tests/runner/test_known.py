"""Plain Monte Carlo's errors as they are known against those that it has."""

import math

import numpy as np
import pytest
from dear import Dear

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.tail_probability import TailProbability, Threshold
from sgmbench.metrics.wasserstein import Wasserstein
from sgmbench.runner.known import expected_scores
from sgmbench.runner.variances import variances_of

METRICS = {
    "energy": Energy(),
    "standardized": Energy("standardized"),
    "mean": Mean(),
    "sd": StandardDeviation(),
    "quantiles": Quantiles((0.5, 0.9)),
    "tail": TailProbability((Threshold("u", above=0.8), Threshold("q", below=-1.0))),
    "tail_of_each": TailProbability(level=0.7),
    "cvar": CVaR((0.6,)),
    "lower": CVaR((0.6,), "lower"),
    "wasserstein": Wasserstein(),
}
PROBLEM = Dear()
RUNS, REFERENCE, REPEATS = 40, 200, 200


def draw(rng, n):
    """Correlated and of different spreads."""
    shared = rng.standard_normal((n, 1))
    return np.array([1.0, 0.5, 3.0]) * (0.6 * shared + 0.8 * rng.standard_normal((n, 3)))


@pytest.fixture(scope="module")
def both():
    """Mean square scores of fresh sets against fresh references, and the squares of the expected ones."""
    rng, found, expected = np.random.default_rng(0), [], []
    for _ in range(REPEATS):
        reference = Reference(draw(rng, REFERENCE), PROBLEM, None)
        samples = Samples.equally_weighted(draw(rng, RUNS), PROBLEM.layout, is_law=False)
        known = expected_scores(METRICS, reference, variances_of(reference, METRICS), runs=RUNS)
        measured = {label: METRICS[label].score(samples, reference) for label in known}
        found.append(_flat(measured))
        expected.append(_flat(known))
    return found, expected


def _flat(scores):
    """D2 / mu, and the squares of errors."""
    return {
        f"{label}/{part}": value / parts["mu"] if part == "d2" else value**2
        for label, parts in scores.items()
        for part, value in parts.items()
        if part not in ("mu", "mu_samples", "reference_variance")
    }


PARTS = ["energy/d2", "standardized/d2", "mean/u", "mean/q", "sd/u", "sd/q", "quantiles/u/0.5"]
PARTS += [
    "tail/u/above 0.8",
    "tail/q/below -1",
    "tail_of_each/u/0.7",
    "tail_of_each/q/0.7",
    "cvar/u/0.6",
    "lower/q/0.6",
]


@pytest.mark.parametrize("part", PARTS)
def test_known_errors_are_those_that_independent_runs_have(both, part):
    found, expected = (np.array([each[part] for each in values]) for values in both)
    error = found.std(ddof=1) / np.sqrt(REPEATS)
    print(part, found.mean(), expected.mean(), error)  # noqa: T201
    assert abs(found.mean() - expected.mean()) < 4 * error
    assert error < 0.15 * expected.mean()


def test_every_score_with_a_known_error_has_one(both):
    found, expected = both
    assert found[0].keys() == expected[0].keys()
    assert len(expected[0]) == 2 + 2 + 2 + 4 + 2 + 2 + 2 + 2


def test_of_an_event_that_never_happened_nothing_is_known():
    metrics: dict[str, Metric] = {"tail": TailProbability((Threshold("q", above=1e9),))}
    reference = Reference(draw(np.random.default_rng(1), REFERENCE), PROBLEM, None)
    variances = variances_of(reference, metrics)
    assert math.isnan(variances["q"]["P above 1e+09"])
    assert math.isnan(expected_scores(metrics, reference, variances, runs=RUNS)["tail"]["q/above 1e+09"])


def test_by_energy_so_many_runs_are_worth_their_number(both):
    _, expected = both
    for each in expected:
        assert each["energy/d2"] == pytest.approx(1 / RUNS, rel=1e-12)
        assert each["standardized/d2"] == pytest.approx(1 / RUNS, rel=1e-12)


def test_what_has_no_known_error_has_no_score(both):
    assert not any(part.startswith("wasserstein") for part in both[1][0])
    assert {"quantiles/u/0.9", "quantiles/q/0.5"} <= set(both[1][0])
