"""Recovery: are N runs found to be worth N runs?

In each of R replicates a set of N exact runs, as plain Monte Carlo delivers it, is scored against a reference of
n = 4 N_max exact runs of its own, and the scores become equivalent runs with an interval by what makes them so of any
method's: `equivalent_runs` of the energy distances, in both norms, and `equivalent_runs_of_errors` of the mean and the
standard deviation. For an exact chain

    E D2 = mu / N,      E e^2 = v / N + v / n,      hence  N_eq = N,

so that a trial, R replicates and one interval for each N, has N inside it at the interval's level, 95 %. Of a standard
deviation v / N holds for large N; a normal law has

    E (s - sigma)^2 = 2 sigma^2 (1 - c_4(N)) = v / (N - 7/8) (1 + O(N^-2)),      v = sigma^2 / 2,

and N - 7/8 is what is expected there. "At least" N_eq holds N where its bound is not above N.

Replicates do not share a reference here, as they do in a run, so that they are independent and the level is exact but
for the t interval's own error (of skewed laws, as of D2 in one dimension, it covers 91 to 95 %). A shared one adds an
error of its own, for which no run claims more than a third of its size; here no cap is needed.

By one metric, m intervals without N among M, each with probability .05, have P(at least m) by the binomial law; below
1e-3 shared by all metrics, chance does not explain them. A trial costs R n (n / 2 + sum of all N) distances in a norm.

Source of c_4: N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions", vol. 1 (1994), 13.8.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.statistics.equivalent_runs import EquivalentRuns, equivalent_runs, equivalent_runs_of_errors
from sgmbench.statistics.intervals import LEVEL
from sgmbench.statistics.monte_carlo_variance import mean_variance, sd_variance
from sgmbench.studies.defects import PinnedNoise, generator

ENERGIES = ("energy", "energy_standardized")
VARIANCE_OF: dict[str, Callable[..., float]] = {"mean": mean_variance, "standard_deviation": sd_variance}
LARGER = 4  # a reference than the largest set
ALARM = 1e-3
OF_NORMAL_SD = 7 / 8  # runs


@dataclass(frozen=True)
class Recovery:
    """What N runs were found to be worth.

    Attributes:
        metric: label.
        dimension: d.
        runs: N.
        expected: their worth by this metric.
        found: a trial each.
        held: trials whose interval has what is expected inside.
    """

    metric: str
    dimension: int
    runs: int
    expected: float
    found: tuple[EquivalentRuns, ...]
    held: int


@dataclass(frozen=True)
class Trust:
    """Whether a metric's intervals hold N as often as they should.

    Attributes:
        metric: label.
        intervals: in all dimensions, for all N.
        held: of them.
        probability: of so many misses or more, by chance.
        is_biased: whether that is too small.
    """

    metric: str
    intervals: int
    held: int
    probability: float
    is_biased: bool


def in_runs(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """Those that equivalent runs are made of, by their labels."""
    return {label: metric for label, metric in metrics.items() if label in (*ENERGIES, *VARIANCE_OF)}


def recover(
    metrics: Mapping[str, Metric], *, dimension: int, runs: Sequence[int], replicates: int, trials: int, seed: int
) -> list[Recovery]:
    """Trials in one dimension.

    Args:
        metrics: those of `in_runs`.
        dimension: d.
        runs: every N.
        replicates: R, at least 2.
        trials: independent intervals of each.
        seed: of all sets.
    """
    problem = PinnedNoise(dimension)
    intervals: dict[tuple[str, int], list[EquivalentRuns]] = {(label, N): [] for label in metrics for N in runs}
    for trial in range(trials):
        scored = [
            _score(metrics, problem, runs, generator(seed, "recovery", dimension, trial, replicate))
            for replicate in range(replicates)
        ]
        for (label, N), found in intervals.items():
            errors, units = np.array([each[label, N] for each in scored]).T
            found.append(_equivalent(label, errors, unit=float(units.mean()), reference=LARGER * max(runs)))
    return [_recovery(label, dimension, N, found) for (label, N), found in intervals.items()]


def trusts_of(recoveries: Sequence[Recovery]) -> list[Trust]:
    """The verdict on each metric."""
    labels = list(dict.fromkeys(each.metric for each in recoveries))
    return [_trust([each for each in recoveries if each.metric == label], ALARM / len(labels)) for label in labels]


def holds(found: EquivalentRuns, expected: float) -> bool:
    """Whether an interval, or a lower bound, admits a number of runs."""
    if found.low is None or found.high is None:
        return found.at_least and found.value <= expected
    return found.low <= expected <= found.high


def expected_worth(label: str, N: int) -> float:
    """Of N runs of a normal law by one metric."""
    return N - OF_NORMAL_SD if label == "standard_deviation" else float(N)


def _score(
    metrics: Mapping[str, Metric], problem: PinnedNoise, runs: Sequence[int], rng: np.random.Generator
) -> dict[tuple[str, int], tuple[float, float]]:
    """One replicate: (error or D2, v or mu) by metric and N."""
    reference = Reference(problem.draw(LARGER * max(runs), rng), problem, None)
    sets = {N: Samples.equally_weighted(problem.draw(N, rng), problem.layout, is_law=False) for N in runs}
    return {
        (label, N): _error(label, metrics[label], samples, reference)
        for label in metrics
        for N, samples in sets.items()
    }


def _error(label: str, metric: Metric, samples: Samples, reference: Reference) -> tuple[float, float]:
    scores = metric.score(samples, reference)
    if label not in VARIANCE_OF:
        return scores["d2"], scores["mu"]
    (field,) = reference.layout.fields
    variance = reference.prepared(f"recovery/{label}", lambda: VARIANCE_OF[label](reference.values, field.quadrature))
    return scores[field.name], variance


def _equivalent(label: str, errors: np.ndarray, *, unit: float, reference: int) -> EquivalentRuns:
    if label in VARIANCE_OF:
        return equivalent_runs_of_errors(errors, variance=unit, reference=reference, is_reference_shared=False)
    return equivalent_runs(errors, mu=unit)


def _recovery(label: str, dimension: int, N: int, found: list[EquivalentRuns]) -> Recovery:
    expected = expected_worth(label, N)
    return Recovery(label, dimension, N, expected, tuple(found), sum(holds(each, expected) for each in found))


def _trust(recoveries: list[Recovery], alarm: float) -> Trust:
    intervals, held = (sum(n) for n in zip(*((len(each.found), each.held) for each in recoveries), strict=True))
    probability = float(binom.sf(intervals - held - 1, intervals, 1 - LEVEL))
    return Trust(recoveries[0].metric, intervals, held, probability, probability < alarm)
