"""Energy score.

A method gives M samples x_j at the condition of a run y:

    ES = 1/M sum_j |x_j - y| - 1/(2 M (M - 1)) sum_{j,k} |x_j - x_k|

in the field-L2 norm of `energy`, with the standard deviations of all runs. Over M samples it is unbiased for
E|X - y| - E|X - X'| / 2, whatever M >= 2 is (with one sample it is NaN). Averaged over runs y of the law P there,

    E ES = D2(Q, P) / 2 + E|Y - Y'| / 2,

D2 the energy distance: it is least for Q = P, and half the energy distance between the laws is what a worse method
scores above the true one.

Of n runs at one condition the mean of ES over them is (d2 + mu) / 2 to the digit, with d2 and mu of `energy`; a finite
weighted set has its V form there. So ES says no more than energy does, in a unit that forecasts are told in: its floor
is mu / 2, and equivalent runs by its excess are those by energy. Over held-out runs, of which each is at a condition of
its own, there is no d2, and ES is what is left. The cost of K pairs is K M^2 distances, of one condition that of
`energy`.

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
from sgmbench.metrics.energy import Energy, scaled_rows
from sgmbench.metrics.pairs import paired_rows


@dataclass(frozen=True)
class EnergyScore(PairScore):
    """Energy score of all fields together, in their standard deviations (field L2)."""

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "sd"

    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        if samples.pair is None:
            energy = Energy("field_l2").score(samples, reference)
            return {"all": np.array([(energy["d2"] + energy["mu"]) / 2])}
        x, y = (scaled_rows(values, reference, norm="field_l2") for values in (samples.values, reference.values))
        return {"all": np.array([energy_score(x[rows], y[run]) for rows, run in paired_rows(samples)])}


def energy_score(x: Float[np.ndarray, "M d"], y: Float[np.ndarray, "1 d"]) -> float:
    """ES of one pair in Euclid's norm."""
    if len(x) < 2:
        return float("nan")
    return float(cdist(x, y).mean() - pdist(x).mean() / 2)
