"""Coverage of central intervals.

A method gives M samples at the condition of a run y. Of each coordinate, let r be the number of samples on that side of
y which has fewer of them. For the level l and kappa = (M + 1)(1 - l) / 2 = k + lambda, k whole,

    inside = (1 - lambda) 1{r >= k} + lambda 1{r >= k + 1},       r >= k  <=>  x_(k) <= y <= x_(M + 1 - k),

x_(k) the kth sample. Where y and the samples have one continuous law, the rank of y among them is uniform:
P(r >= k) = 1 - 2 k / (M + 1), so that inside has the mean l exactly, for any law and any M (l > 1 / (M + 1)). The score
of a field and level is the mean of inside - l over its varying coordinates and, at one condition, over all runs there:
below zero the intervals are too narrow or misplaced, above it too wide. On an atom of the law every interval that
touches y counts as around it.

Zero is necessary and not sufficient: over held-out runs samples that ignore the condition cover as well as the true law
does, and a mean over coordinates hides errors of opposite sign. With few samples a wide interval is in part the whole
line, and says less; of one sample the score is NaN. By chance the score of a coordinate at one condition has, for n
runs, exact samples and a whole kappa, the variance l (1 - l) (1/n + 1/(M + 2)), but for less than 1/M of it: what lies
between two samples of a law is a Beta variable. Of unequal weights there is no rank, and no score. The cost of K pairs
is K M d, that of n runs at one condition M log M + n a coordinate.

Source: T. Gneiting, F. Balabdaoui, A. Raftery, "Probabilistic forecasts, calibration and sharpness", J. R. Stat. Soc. B
69 (2007) 243-268; ranks: T. Hamill, "Interpretation of rank histograms for verifying ensemble forecasts", Mon. Weather
Rev. 129 (2001) 550-560.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Len, Lt
from jaxtyping import Float

from sgmbench.core.metric import PairScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.pairs import paired_rows


@dataclass(frozen=True)
class Coverage(PairScore):
    """Share of runs inside central intervals, less the level, by field and level like "c/0.9".

    Attributes:
        levels: probabilities of the intervals.
    """

    unit: ClassVar[str] = "share"
    ideal: ClassVar[float] = 0.0

    levels: Annotated[tuple[Annotated[float, Gt(0), Lt(1)], ...], Len(1)] = (0.5, 0.9)

    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        x, y = samples.values, reference.values
        inside = np.array([self._inside(x[rows], y[runs]) for rows, runs in paired_rows(samples)])
        scores = {}
        for i, level in enumerate(self.levels):
            for scaled in varying_fields(reference):
                varies = reference.varies[scaled.where]
                scores[f"{scaled.field.name}/{level}"] = inside[:, i, scaled.where][:, varies].mean(axis=1) - level
        return scores

    def _inside(self, x: Float[np.ndarray, "M d"], y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "levels d"]:
        ordered = np.sort(x, axis=0)
        return np.array([covered(ordered, y, level) for level in self.levels])


def covered(x: Float[np.ndarray, "M d"], y: Float[np.ndarray, "n d"], level: float) -> Float[np.ndarray, " d"]:
    """How far each coordinate of y is inside the interval of sorted samples, from 0 to 1, mean over the rows of y."""
    M, d = x.shape
    if M < 2:
        return np.full(d, np.nan)
    kappa = (M + 1) * (1 - level) / 2
    k = int(kappa)
    lambda_ = kappa - k
    return (1 - lambda_) * _between(x, y, k) + lambda_ * _between(x, y, k + 1)


def _between(x: Float[np.ndarray, "M d"], y: Float[np.ndarray, "n d"], k: int) -> Float[np.ndarray, " d"]:
    """Share of y from the kth of the sorted samples to the kth last one; for k = 0 that is the whole line."""
    return np.mean((x[k - 1] <= y) & (y <= x[-k]), axis=0) if k else np.ones(x.shape[1])
