"""Errors of quantiles.

For each field and level p,

    ( mean over varying coordinates of ((q_p(x_i) - q_p(y_i)) / sd_i)^2 )^1/2,

q_p the sample quantile with linear interpolation at (n - 1) p (Hyndman and Fan's type 7). The defaults are the median
and the ends of the 95 % and 99 % bands. A tail level needs some 10 / (1 - p) rows before it means anything.

N exact rows against n of the reference have the mean square v (1/N + 1/n), v of `statistics.quantile_variance`, both
numbers large; the quantile of N rows is itself off by O(1/N). The cost is that of sorting.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Len, Lt
from jaxtyping import Float

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import standardized_rms


@dataclass(frozen=True)
class Quantiles(Metric):
    """Errors of quantiles, rms over each field, in standard deviations; scores are named like "c/0.975".

    Attributes:
        levels: probabilities of the quantiles.
    """

    unit: ClassVar[str] = "sd"

    levels: Annotated[tuple[Annotated[float, Gt(0), Lt(1)], ...], Len(1)] = (0.025, 0.5, 0.975, 0.995)

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        x = np.sort(samples.values, axis=0)
        errors = {p: quantile_of_sorted(x, p) - _true_quantile(reference, p) for p in self.levels}
        found = {p: dict(standardized_rms(error, reference)) for p, error in errors.items()}
        return {f"{field}/{p}": rms[field] for field in found[self.levels[0]] for p, rms in found.items()}


def _true_quantile(reference: Reference, p: float) -> Float[np.ndarray, " d"]:
    """That of all runs of the reference, also of those that it did not keep."""
    return quantile_of_sorted(reference.sorted, p) if reference.law is None else reference.law.quantile(p)


def quantile_of_sorted(x: Float[np.ndarray, "n d"], p: float) -> Float[np.ndarray, " d"]:
    """Quantile of each column of a set that is sorted along the rows."""
    position = (len(x) - 1) * p
    below = int(position)
    above = min(below + 1, len(x) - 1)
    return x[below] + (position - below) * (x[above] - x[below])
