"""Energy score of held-out pairs.

A method gives M samples x_j at the condition z of a held-out run (z, y):

    ES(z, y) = 1/M sum_j |x_j - y| - 1/(2 M (M - 1)) sum_{j,k} |x_j - x_k|

in the field-L2 norm of `energy`, with the standard deviations of all held-out runs. Over M samples it is unbiased for
E|X - y| - E|X - X'| / 2, whatever M >= 2 is (with one sample it is NaN). Averaged over runs y of the law P given z,

    E ES = D2(Q, P) / 2 + E|Y - Y'| / 2,

D2 the energy distance: it is least for Q = P, and half the energy distance between the laws is what a worse method
scores above the true one. The cost of K pairs is K M^2 distances.

Source: T. Gneiting, A. Raftery, "Strictly proper scoring rules, prediction, and estimation", J. Am. Stat. Assoc. 102
(2007) 359-378, section 4.3; the unbiased form: C. Ferro, "Fair scores for ensemble forecasts", Q. J. R. Meteorol. Soc.
140 (2014) 1917-1923.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist, pdist

from sgmbench.core.metric import PairScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import scaled_rows
from sgmbench.metrics.pairs import rows_of_pairs


@dataclass(frozen=True)
class EnergyScore(PairScore):
    """Energy score of all fields together at held-out runs, in their standard deviations (field L2)."""

    unit: ClassVar[str] = "sd"

    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        x = scaled_rows(samples.values, reference, norm="field_l2")
        y = scaled_rows(reference.values, reference, norm="field_l2")
        return {"all": np.array([energy_score(x[rows], y[pair]) for pair, rows in rows_of_pairs(samples)])}


def energy_score(x: Float[np.ndarray, "M d"], y: Float[np.ndarray, " d"]) -> float:
    """ES of one pair in Euclid's norm."""
    if len(x) < 2:
        return float("nan")
    return float(cdist(x, y[None]).mean() - pdist(x).mean() / 2)
