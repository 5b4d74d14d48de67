"""Power: how often does a metric find a defect that was planted?

M samples of a law with a known defect are scored as a Generator's, against a reference of M exact runs: once in each of
R replicates. The same of exact samples, in B other repeats, is the null. With D = |score - ideal| of a part of a
metric (of quantiles, each level), a and s its mean and standard deviation over the null, the metric's statistic is

    T = max over its parts of (D - a) / s,

and a defect is found where T is above the null's T of rank k = ceil(.95 (B + 1)), so that exact samples are "found"
with the probability 1 - k / (B + 1) <= .05: the scores of one part are exchangeable, whatever their law. The power is
the share of replicates that are, with the standard error (p (1 - p) / R)^1/2. All defects of one replicate are scored
against the same reference.

A score that can be below its ideal, and is below it as often as above for exact samples, is held two-sided: narrower
samples are smoother, and that is found too. Samples without a defect are planted like the others, as a control. How
often they are found has the beta-binomial law of R draws with a = B + 1 - k, b = k, whatever the law of the scores: the
threshold that they exceed is itself the kth of B draws. The cost is that of B + 6 R scores by each metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float
from scipy.stats import betabinom

from sgmbench.core.metric import Metric, PairScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.studies.defects import NONE, PinnedNoise, defects_of, generator

LEVEL = 0.05
FOUND = 0.8
SCALES = ("mu", "mu_samples", "reference_variance")  # parts of the energy distance that are no errors
LEAST_NULL = 19

Parts = dict[str, Float[np.ndarray, " parts"]]
Nulls = dict[str, Float[np.ndarray, "B parts"]]
"""By label the errors, score - ideal, of exact samples; a metric without a score in this dimension is not there."""


@dataclass(frozen=True)
class Power:
    """How often one metric found one defect in one dimension.

    Attributes:
        defect: its name; `none` is the control.
        metric: label.
        dimension: d.
        found: replicates.
        replicates: of so many.
        null: repeats of exact samples that the threshold is from.
    """

    defect: str
    metric: str
    dimension: int
    found: int
    replicates: int
    null: int

    @property
    def share(self) -> float:
        """The power as estimated."""
        return self.found / self.replicates

    @property
    def by_chance(self) -> float:
        """Probability of so many or more where there is nothing to find."""
        k = rank_of_threshold(self.null)
        return float(betabinom.sf(self.found - 1, self.replicates, self.null + 1 - k, k))


def rank_of_threshold(null: int) -> int:
    """k."""
    return ceil((1 - LEVEL) * (null + 1) - 1e-9)


def null_errors(metrics: Mapping[str, Metric], *, dimension: int, samples: int, null: int, seed: int) -> Nulls:
    """The null of every metric.

    Args:
        metrics: by label; scores of samples against single runs are left out.
        dimension: d.
        samples: M.
        null: B, at least 19.
        seed: of all sets.
    """
    problem, used = PinnedNoise(dimension), _scoring_laws(metrics)
    drawn = [_errors(used, problem, [NONE], samples, generator(seed, "null", dimension, i))[NONE] for i in range(null)]
    return {label: np.array([each[label] for each in drawn]) for label in drawn[0]}


def powers(
    metrics: Mapping[str, Metric], nulls: Nulls, *, dimension: int, samples: int, replicates: int, seed: int
) -> list[Power]:
    """All metrics that have a null, for all defects that there are.

    Args:
        metrics: by label.
        nulls: their errors by exact samples.
        dimension: d.
        samples: M.
        replicates: R.
        seed: of all sets.
    """
    problem, used = PinnedNoise(dimension), _scoring_laws(metrics)
    names = [NONE, *defects_of(dimension)]
    planted = [
        _errors(used, problem, names, samples, generator(seed, "planted", dimension, i)) for i in range(replicates)
    ]
    found = []
    for label, errors in nulls.items():
        law = NullLaw.of(np.abs(errors))
        for name in names:
            deviations = np.abs([each[name][label] for each in planted])
            is_found = law.is_exceeded_by(deviations)
            found.append(Power(name, label, dimension, int(is_found.sum()), replicates, len(errors)))
    return found


@dataclass(frozen=True)
class NullLaw:
    """What one metric's scores are held against.

    Attributes:
        mean: a of each part.
        sd: s of each part.
        threshold: that T exceeds by chance once in twenty.
    """

    mean: Float[np.ndarray, " parts"]
    sd: Float[np.ndarray, " parts"]
    threshold: float

    @classmethod
    def of(cls, null: Float[np.ndarray, "B parts"]) -> "NullLaw":
        """From the deviations of exact samples."""
        mean, sd = null.mean(axis=0), null.std(axis=0) + np.finfo(float).tiny
        statistics = np.sort(np.max((null - mean) / sd, axis=1))
        return cls(mean, sd, float(statistics[rank_of_threshold(len(null)) - 1]))

    def is_exceeded_by(self, deviations: Float[np.ndarray, "R parts"]) -> np.ndarray:
        """Which replicates are; a score that is no number exceeds nothing."""
        return np.max(np.nan_to_num((deviations - self.mean) / self.sd, nan=-np.inf), axis=1) > self.threshold


def _scoring_laws(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    return {label: metric for label, metric in metrics.items() if not isinstance(metric, PairScore)}


def _errors(
    metrics: Mapping[str, Metric], problem: PinnedNoise, names: list[str], n: int, rng: np.random.Generator
) -> dict[str, Parts]:
    """By defect and metric, all against one reference; metrics without a score are left out."""
    reference = Reference(problem.draw(n, rng), problem, None)
    found = {}
    for name in names:
        samples = Samples.equally_weighted(problem.draw(n, rng, defect=name), problem.layout, is_law=True)
        each = {label: _errors_by(metric, samples, reference) for label, metric in metrics.items()}
        found[name] = {label: parts for label, parts in each.items() if len(parts)}
    return found


def _errors_by(metric: Metric, samples: Samples, reference: Reference) -> Float[np.ndarray, " parts"]:
    scores = metric.score(samples, reference)
    return np.array([value - metric.ideal for part, value in scores.items() if part not in SCALES])
