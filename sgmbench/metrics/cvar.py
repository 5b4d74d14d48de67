"""Errors of the conditional value at risk (expected shortfall): the mean of the worst 1 - p of all cases.

    CVaR_p = 1 / (1 - p) int_p^1 F^-1(u) du      upper,      and of -y, with its sign changed back, lower.

Of n sorted rows F^-1 is a step function, and CVaR_p their mean with weights |[(i-1)/n, i/n] & [p, 1]| / (1 - p). For
each field and level the score is

    ( mean over varying coordinates of ((CVaR_p(x_i) - CVaR_p(y_i)) / sd_i)^2 )^1/2.

A sample's CVaR is too small by O(1/n), a reference's likewise. For n rows the error of one coordinate has the variance

    var( max(y - q_p, 0) ) / (n (1 - p)^2),

6.1 / n standard deviations squared for a normal law at p = 0.95, where some 10 / (1 - p) rows are needed before the
score means anything. The cost is that of sorting.

Source: R. T. Rockafellar, S. Uryasev, "Conditional value-at-risk for general loss distributions", J. Bank. Finance 26
(2002) 1443-1471; the variance: B. Manistre, G. Hancock, "Variance of the CTE estimator", N. Am. Actuar. J. 9
(2005) 129-156.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Len, Lt
from jaxtyping import Float

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import standardized_rms


@dataclass(frozen=True)
class CVaR(Metric):
    """Errors of means beyond a quantile, rms over each field, in standard deviations, like "c/0.95".

    Attributes:
        levels: probabilities p; the tail has the mass 1 - p.
        tail: whether the largest or the smallest values are the worst.
    """

    unit: ClassVar[str] = "sd"

    levels: Annotated[tuple[Annotated[float, Gt(0), Lt(1)], ...], Len(1)] = (0.95,)
    tail: Literal["upper", "lower"] = "upper"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        x, y = np.sort(samples.values, axis=0), reference.sorted
        if self.tail == "lower":
            x, y = -x[::-1], -y[::-1]
        errors = {p: cvar_of_sorted(x, p) - cvar_of_sorted(y, p) for p in self.levels}
        found = {p: dict(standardized_rms(error, reference)) for p, error in errors.items()}
        return {f"{field}/{p}": rms[field] for field in found[self.levels[0]] for p, rms in found.items()}


def cvar_of_sorted(x: Float[np.ndarray, "n d"], p: float) -> Float[np.ndarray, " d"]:
    """Upper CVaR of each column of a set that is sorted along the rows."""
    ends = np.maximum(np.arange(len(x) + 1) / len(x), p)
    return np.diff(ends) / (1 - p) @ x
