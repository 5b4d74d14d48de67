"""Wasserstein distance in all coordinates together, squared and centered.

    W2^2(X, Y) = min over permutations p of 1/h sum_i |x_i - y_p(i)|^2

for two sets of h rows, in coordinates divided by the reference's standard deviation. Between sets of one law it is far
from zero, by h^(-2/d) or so, and less where the one is narrower: samples of too small a spread score better than exact
ones. What is due to the number of rows is taken out with halves X, X' of the samples and Y, Y' of the reference,

    ( W2^2(X, Y') + W2^2(X', Y) - W2^2(X, X') - W2^2(Y, Y') ) / 2,

all of h rows (see `halves`). Its mean is zero for equal laws and any h, and a shift by a of all rows adds |a|^2 to it.
For other differences it is biased by what the three kinds of distance do not have in common: it tells laws apart, and
is no estimate of W2^2. Of a finite set, X = X' is its first h rows. Above 16 varying coordinates there is no score:
sets of a size that can be assigned say nothing of W2 there. The cost is four assignments of h rows, h^3 each.

Source: T. Papp, C. Sherlock, "Centered plug-in estimation of Wasserstein distances" (2022), arXiv:2203.11627; the
assignment: D. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE Trans. Aerosp. Electron. Syst. 52
(2016) 1679-1696, as SciPy has it.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from sgmbench.core.metric import Judgment, Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.halves import equal_halves

MOST_COORDINATES = 16


@dataclass(frozen=True)
class Wasserstein2(Metric):
    """Centered squared W2 of all fields together, every coordinate standardized.

    Attributes:
        rows: of each half, at most.
    """

    unit: ClassVar[str] = "sd^2"
    by_default: ClassVar[bool] = False
    judged_by: ClassVar[Judgment | None] = "square"

    rows: Annotated[int, Ge(1)] = 500

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        used = reference.varies
        if not 0 < used.sum() <= MOST_COORDINATES:
            return {}
        rows = equal_halves(samples, reference, most=self.rows)
        sets = (samples.values, samples.values, reference.values, reference.values)
        x, x_, y, y_ = (values[half][:, used] / reference.sd[used] for values, half in zip(sets, rows, strict=True))
        if len(x) == 0:
            return {"all": float("nan")}
        own = reference.prepared(f"wasserstein_2/{len(y)}", lambda: wasserstein_2_squared(y, y_))
        between = wasserstein_2_squared(x, x_) if samples.is_law else 0.0
        crosses = wasserstein_2_squared(x, y_) + wasserstein_2_squared(x_, y)
        return {"all": (crosses - between - own) / 2}


def wasserstein_2_squared(x: Float[np.ndarray, "h d"], y: Float[np.ndarray, "h d"]) -> float:
    """W2^2 of two sets of equally many rows."""
    squares = cdist(x, y, "sqeuclidean")
    return float(squares[linear_sum_assignment(squares)].mean())
