"""Centering: is what a metric calls an unbiased square zero on average where there is nothing to find?

Of B independent sets of M exact samples, scored as a law, each against a reference of M exact runs of its own,

    t = mean / (s / B^1/2),      P(|T| >= |t|),  T of Student's law with B - 1 degrees of freedom,

for every metric whose scores are squares of either sign (`core.metric.Judgment`) and for D2. These are the sets that
`power` takes for its null, so that it costs nothing. Below 1e-3 shared by all metrics and dimensions, chance does not
explain the mean. Scores of few dimensions are skewed, so that at this level the probability is right to a factor of a
few only. A bias of 4 s / B^1/2 is found in one of two cases: .3 standard deviations of a score at B = 199.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from sgmbench.core.metric import Metric

ALARM = 1e-3
CENTERED = ("square", "equivalent_runs")


@dataclass(frozen=True)
class Center:
    """The mean of one metric's null in one dimension.

    Attributes:
        metric: label.
        dimension: d.
        mean: of the scores.
        standard_error: of the mean.
        null: B.
        probability: of a mean as far from zero or farther, by chance.
    """

    metric: str
    dimension: int
    mean: float
    standard_error: float
    null: int
    probability: float

    @property
    def in_errors(self) -> float:
        """t."""
        return self.mean / self.standard_error


def centers_of(
    metrics: Mapping[str, Metric], nulls: Mapping[str, Float[np.ndarray, "B _"]], *, dimension: int
) -> list[Center]:
    """Of the metrics that claim a mean of zero.

    Args:
        metrics: by label.
        nulls: errors of exact samples by label, as of `power.null_errors`.
        dimension: d.
    """
    return [
        _center(label, errors[:, 0], dimension)
        for label, errors in nulls.items()
        if metrics[label].judged_by in CENTERED
    ]


def off_center(centers: Sequence[Center]) -> list[Center]:
    """Those that chance does not explain."""
    return [each for each in centers if each.probability < ALARM / len(centers)]


def _center(label: str, scores: Float[np.ndarray, " B"], dimension: int) -> Center:
    B, mean = len(scores), float(scores.mean())
    error = float(scores.std(ddof=1)) / B**0.5
    probability = 2 * float(student.sf(abs(mean) / error, B - 1))
    return Center(label, dimension, mean, error, B, probability)
