"""Coverage of central intervals at held-out pairs.

A method gives M samples at the condition of a held-out run y. Of each coordinate, let r be the number of samples on
that side of y which has fewer of them. For the level l and kappa = (M + 1)(1 - l) / 2 = k + lambda, k whole,

    inside = (1 - lambda) 1{r >= k} + lambda 1{r >= k + 1},

since r >= k says that y lies between the kth samples from either end. Where y and the samples have one continuous
law, the rank of y among them is uniform: P(r >= k) = 1 - 2 k / (M + 1), so that inside has the mean l exactly, for any
law and any M (l > 1 / (M + 1)). The score of a field and level is the mean over its varying coordinates of inside - l:
below zero the intervals are too narrow or misplaced, above it too wide. On an atom of the law every interval that
touches y counts as around it.

Zero is necessary and not sufficient: samples that ignore the condition cover as well as the true law does. With few
samples a wide interval is in part the whole line, and says less; of one sample the score is NaN. The cost of K pairs is
K M d.

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
from sgmbench.metrics.pairs import rows_of_pairs


@dataclass(frozen=True)
class Coverage(PairScore):
    """Share of held-out values inside central intervals, less the level, by field and level like "c/0.9".

    Attributes:
        levels: probabilities of the intervals.
    """

    unit: ClassVar[str] = "share"
    ideal: ClassVar[float] = 0.0

    levels: Annotated[tuple[Annotated[float, Gt(0), Lt(1)], ...], Len(1)] = (0.5, 0.9)

    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        scores = {}
        for level in self.levels:
            inside = np.array(
                [covered(samples.values[rows], reference.values[pair], level) for pair, rows in rows_of_pairs(samples)]
            )
            for scaled in varying_fields(reference):
                varies = reference.varies[scaled.where]
                scores[f"{scaled.field.name}/{level}"] = inside[:, scaled.where][:, varies].mean(axis=1) - level
        return scores


def covered(x: Float[np.ndarray, "M d"], y: Float[np.ndarray, " d"], level: float) -> Float[np.ndarray, " d"]:
    """How far each coordinate of y is inside the central interval of its samples, from 0 to 1."""
    M = len(x)
    if M < 2:
        return np.full(len(y), np.nan)
    r = np.minimum(np.sum(x <= y, axis=0), np.sum(x >= y, axis=0))
    kappa = (M + 1) * (1 - level) / 2
    return np.clip(r - kappa + 1, 0, 1)
