"""Plain Monte Carlo's errors as they are known against those that it has."""

import math

import numpy as np
import pytest
from dear import Dear

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.coverage import Coverage
from sgmbench.metrics.crps import CRPS
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.energy_score import EnergyScore
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.mmd import MMD2
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
    "mmd": MMD2(),
    "cvar": CVaR((0.6,)),
    "lower": CVaR((0.6,), "lower"),
    "crps": CRPS(),
    "energy_score": EnergyScore(),
    "coverage": Coverage((0.5, 0.8)),
    "wasserstein": Wasserstein(),
}
MEANS = ("crps", "energy_score", "mmd")
PROBLEM = Dear()
RUNS, REFERENCE, REPEATS = 40, 200, 200


def draw(rng, n):
    """Correlated and of different spreads."""
    shared = rng.standard_normal((n, 1))
    return np.array([1.0, 0.5, 3.0]) * (0.6 * shared + 0.8 * rng.standard_normal((n, 3)))


@pytest.fixture(scope="module")
def both():
    """Scores of fresh sets against fresh references, squared where they are errors, and those expected."""
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
    """D2 / mu, scores of pairs, and the squares of errors."""
    return {
        f"{label}/{part}": value / parts["mu"] if part == "d2" else value ** (1 if label in MEANS else 2)
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
    "crps/u",
    "crps/q",
    "energy_score/all",
    "mmd/all",
    "coverage/u/0.5",
    "coverage/u/0.8",
    "coverage/q/0.8",
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
    assert len(expected[0]) == 2 + 2 + 2 + 4 + 2 + 2 + 2 + 2 + 2 + 1 + 1 + 4


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


def test_scores_of_pairs_are_their_floor_and_an_nth_of_it():
    """Of two runs 0 and 1: E|Y - Y'| is 1 in every pair, and CRPS in the unit of the field sqrt 2."""
    reference = Reference(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), PROBLEM, None)
    pairs: dict[str, Metric] = {"crps": CRPS(), "energy_score": EnergyScore()}
    found = expected_scores(pairs, reference, variances_of(reference, pairs), runs=4)
    assert found["crps"] == pytest.approx({"u": 1.25 * 2**0.5 / 2, "q": 1.25 * 2**0.5 / 2}, rel=1e-12)
    assert found["energy_score"] == pytest.approx({"all": 1.25 * 4**0.5 / 2}, rel=1e-12)


def test_the_coverage_of_one_coordinate_scatters_as_shares_do():
    """l (1 - l), and as much of two coordinates that are one; of two independent ones half."""
    rng = np.random.default_rng(2)
    coverage: dict[str, Metric] = {"coverage": Coverage((0.5,))}
    y = rng.permuted(np.tile(np.linspace(-1, 1, 40_001)[:, None], 3), axis=0)
    noise = 1 / (RUNS + 2) + 1 / len(y)
    for values, share in ((y, 0.5), (y[:, [0, 0, 2]], 1.0)):
        reference = Reference(values, PROBLEM, None)
        found = expected_scores(coverage, reference, variances_of(reference, coverage), runs=RUNS)["coverage"]
        assert found["u/0.5"] ** 2 == pytest.approx(share * 0.25 * noise, rel=0.02)
        assert found["q/0.5"] ** 2 == pytest.approx(0.25 * noise, rel=1e-4)


def test_what_has_no_known_error_has_no_score(both):
    assert not any(part.startswith("wasserstein") for part in both[1][0])
    assert {"quantiles/u/0.9", "quantiles/q/0.5"} <= set(both[1][0])
