"""Wasserstein distance of each coordinate.

    W1(Q, P) = int_0^1 |F_Q^-1(u) - F_P^-1(u)| du

For sorted sets of one size this is the mean of |x_(i) - y_(i)|; for others both quantile functions are steps, and the
integral is a sum over the union of their steps. A field's score is the mean over its varying coordinates of W1 / sd.

Two independent sets of one law are int E|F_X - F_Y| apart, with binomial shares F_X(t) and F_Y(t): of n normal values
each 1.82 sd / sqrt(n), which is 2 / sqrt(pi n) times int sqrt(F (1 - F)) = 1.61. So exact samples do not score zero;
the score falls with their number. The cost is that of sorting.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields


@dataclass(frozen=True)
class Wasserstein(Metric):
    """One-dimensional W1 of each coordinate, mean over each field, in standard deviations."""

    unit: ClassVar[str] = "sd"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        distances = wasserstein_1(np.sort(samples.values, axis=0), reference.sorted)
        scores = {}
        for scaled in varying_fields(reference):
            where, varies = scaled.where, reference.varies[scaled.where]
            scores[scaled.field.name] = float(np.mean(distances[where][varies] / reference.sd[where][varies]))
        return scores


def wasserstein_1(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " d"]:
    """W1 of each column of two sets that are sorted along the rows."""
    n, m = len(x), len(y)
    if n == m:
        return np.abs(x - y).mean(axis=0)
    # Steps i/n and j/m as multiples of 1/(n m), so that equal ones are equal.
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    widths = np.diff(ends, prepend=0) / (n * m)
    return widths @ np.abs(x[(ends - 1) // m] - y[(ends - 1) // n])
