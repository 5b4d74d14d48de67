"""Recovery: are N runs found to be worth N runs?

In each of R replicates a set of N exact runs, as plain Monte Carlo delivers it, is scored against a reference of
n = 4 N_max exact runs of its own, and the scores become equivalent runs with an interval by what makes them so of any
method's: `equivalent_runs` of the energy distances, in both norms, and of MMD^2, and `equivalent_runs_of_errors` of all
of which the variance of one run is known (`runner.variances`): means, standard deviations, quantiles, tail
probabilities, CVaR. For an exact chain

    E D2 = mu / N,      E MMD^2 = (1 - E k) / N,      E e^2 = v / N + v / n,      hence  N_eq = N,

so that a trial, R replicates and one interval for each N, has N inside it at the interval's level, 95 %. Of all but
energy and mean v / N holds for large N only, and what is expected of small ones is in `expected_worth`. "At least" N_eq
holds it where its bound is not above it.

Replicates do not share a reference here, as they do in a run, so that they are independent and the level is exact but
for the t interval's own error (of skewed laws, as of D2 in one dimension, it covers 91 to 95 %). A shared one adds an
error of its own, for which no run claims more than a third of its size; here no cap is needed.

By one score, m intervals without N among M, each with probability .05, have P(at least m) by the binomial law; below
1e-3 shared by all scores, chance does not explain them. A trial costs R n (n / 2 + sum of all N) distances in a norm.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import binom

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.mmd import MMD2
from sgmbench.runner.variances import Variances, known_by, variances_of
from sgmbench.statistics.equivalent_runs import EquivalentRuns, equivalent_runs, equivalent_runs_of_errors
from sgmbench.statistics.intervals import LEVEL
from sgmbench.studies.defects import PinnedNoise, generator
from sgmbench.studies.expected_worth import expected_worth

LARGER = 4  # a reference than the largest set
ALARM = 1e-3


class Score(NamedTuple):
    """One number of a metric that is counted in runs.

    Attributes:
        name: the metric's label, and a level where it has several: "quantiles/0.5".
        metric: that it is of.
        part: of the metric's scores.
        variance: by which field and key its v is found; None of a squared distance, whose mean is a unit over N.
    """

    name: str
    metric: Metric
    part: str
    variance: tuple[str, str] | None

    @property
    def level(self) -> float | None:
        """Of a quantile or a tail."""
        level = self.part.partition("/")[2]
        return float(level) if level else None

    def unit(self, scores: dict[str, float], variances: Variances, reference: Reference) -> float:
        """v, mu or 1 - E k."""
        if isinstance(self.metric, MMD2):
            return self.metric.of_one_run(reference)
        if self.variance is None:
            return scores["mu"]
        field, key = self.variance
        return variances[field][key]


class Tried(NamedTuple):
    """A score, N, and what N runs are worth by it."""

    score: Score
    runs: int
    expected: float


@dataclass(frozen=True)
class Recovery:
    """What N runs were found to be worth.

    Attributes:
        metric: label, of several scores with a level behind it, as "quantiles/0.5".
        dimension: d.
        runs: N.
        expected: their worth by this score.
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
        metric: label, of several scores with a level behind it.
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


def recover(
    metrics: Mapping[str, Metric], *, dimension: int, runs: Sequence[int], replicates: int, trials: int, seed: int
) -> list[Recovery]:
    """Trials in one dimension, by every score that is counted in runs.

    Args:
        metrics: by label.
        dimension: d.
        runs: every N.
        replicates: R, at least 2.
        trials: independent intervals of each.
        seed: of all sets.
    """
    problem, n = PinnedNoise(dimension), LARGER * max(runs)
    tried = [
        Tried(score, N, expected)
        for score in _scores(metrics, problem)
        for N in runs
        if (expected := expected_worth(score.metric, score.level, runs=N, reference=n, dimension=dimension)) is not None
    ]
    found: list[list[EquivalentRuns]] = [[] for _ in tried]
    for trial in range(trials if tried else 0):
        drawn = [
            _errors(tried, problem, generator(seed, "recovery", dimension, trial, replicate), runs=runs)
            for replicate in range(replicates)
        ]
        for each, column, errors in zip(tried, found, np.swapaxes(drawn, 0, 1), strict=True):
            column.append(_equivalent(each.score, errors, reference=n))
    return [
        Recovery(score.name, dimension, N, expected, tuple(each), sum(holds(one, expected) for one in each))
        for (score, N, expected), each in zip(tried, found, strict=True)
    ]


def trusts_of(recoveries: Sequence[Recovery]) -> list[Trust]:
    """The verdict on each score."""
    labels = list(dict.fromkeys(each.metric for each in recoveries))
    return [_trust([each for each in recoveries if each.metric == label], ALARM / len(labels)) for label in labels]


def holds(found: EquivalentRuns, expected: float) -> bool:
    """Whether an interval, or a lower bound, admits a number of runs."""
    if found.low is None or found.high is None:
        return found.at_least and found.value <= expected
    return found.low <= expected <= found.high


def _scores(metrics: Mapping[str, Metric], problem: PinnedNoise) -> Iterator[Score]:
    some = Reference(problem.draw(2, generator(0, "scores")), problem, None)
    for label, metric in metrics.items():
        if metric.judged_by == "equivalent_runs":
            yield Score(label, metric, "d2", None)
        if isinstance(metric, MMD2):
            yield Score(label, metric, "all", None)
        known = known_by(metric, some)
        for part, (field, key) in known.items():
            yield Score(label + part.removeprefix(field) * (len(known) > 1), metric, part, (field, key))


def _errors(
    tried: Iterable[Tried], problem: PinnedNoise, rng: np.random.Generator, *, runs: Sequence[int]
) -> Float[np.ndarray, "tried 2"]:
    """One replicate: an error and v, or a squared distance and its unit, of each."""
    reference = Reference(problem.draw(LARGER * max(runs), rng), problem, None)
    sets = {N: Samples.equally_weighted(problem.draw(N, rng), problem.layout, is_law=False) for N in runs}
    variances = variances_of(reference, {each.score.name: each.score.metric for each in tried})
    scored: dict[tuple[Metric, int], dict[str, float]] = {}
    found = []
    for score, N, _ in tried:
        if (score.metric, N) not in scored:
            scored[score.metric, N] = score.metric.score(sets[N], reference)
        scores = scored[score.metric, N]
        found.append((scores[score.part], score.unit(scores, variances, reference)))
    return np.array(found)


def _equivalent(score: Score, errors: Float[np.ndarray, "replicates 2"], *, reference: int) -> EquivalentRuns:
    found, unit = errors[:, 0], float(errors[:, 1].mean())
    if score.variance is None:
        return equivalent_runs(found, mu=unit)
    return equivalent_runs_of_errors(found, variance=unit, reference=reference, is_reference_shared=False)


def _trust(recoveries: list[Recovery], alarm: float) -> Trust:
    intervals, held = (sum(n) for n in zip(*((len(each.found), each.held) for each in recoveries), strict=True))
    probability = float(binom.sf(intervals - held - 1, intervals, 1 - LEVEL))
    return Trust(recoveries[0].metric, intervals, held, probability, probability < alarm)
