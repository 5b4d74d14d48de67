"""Continuous ranked probability score of held-out pairs.

For each coordinate, with M samples x_j at the condition of a held-out run y,

    CRPS = 1/M sum_j |x_j - y| - 1/(2 M (M - 1)) sum_{j,k} |x_j - x_k|,

unbiased in M >= 2 for int (F(t) - 1{y <= t})^2 dt, F the law of the samples (with one sample it is NaN). The score of
a field is the quadrature-weighted mean over its grid, in the field's rms standard deviation over all held-out runs. In
expectation over y it is least for the true law of each coordinate; of dependence between coordinates it sees nothing,
which is what `energy_score` is for.

With x sorted, sum_{j,k} |x_j - x_k| = 2 sum_j (2 j - M - 1) x_(j): the cost of K pairs is K M log M a coordinate.

Source: T. Gneiting, A. Raftery, "Strictly proper scoring rules, prediction, and estimation", J. Am. Stat. Assoc. 102
(2007) 359-378, section 4.2; the unbiased form: C. Ferro, "Fair scores for ensemble forecasts", Q. J. R. Meteorol. Soc.
140 (2014) 1917-1923.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sgmbench.core.metric import PairScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.pairs import rows_of_pairs


@dataclass(frozen=True)
class CRPS(PairScore):
    """Continuous ranked probability score of each field at held-out runs, in its standard deviation."""

    unit: ClassVar[str] = "sd"

    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        scores = np.array([crps(samples.values[rows], reference.values[pair]) for pair, rows in rows_of_pairs(samples)])
        return {
            scaled.field.name: scores[:, scaled.where] @ scaled.field.quadrature / scaled.sd
            for scaled in varying_fields(reference)
        }


def crps(x: Float[np.ndarray, "M d"], y: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """CRPS of each coordinate of one pair."""
    M = len(x)
    if M < 2:
        return np.full(len(y), np.nan)
    centered = np.sort(x - y, axis=0)  # of a small spread on a large mean the weighted sum would lose its digits
    rank = 2 * np.arange(1, M + 1) - M - 1
    return np.abs(centered).mean(axis=0) - rank @ centered / (M * (M - 1))
