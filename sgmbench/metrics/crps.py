"""Continuous ranked probability score.

For a coordinate with the distribution function F and a run y at the same condition,

    CRPS(F, y) = int (F(t) - 1{y <= t})^2 dt = E|X - y| - E|X - X'| / 2,       X, X' ~ F.

Its mean over n runs, whose distribution function is G, has two forms (see `energy`), F now the step function of M
samples with weights w_i that sum to 1:

    V:  int (F - G)^2 + G (1 - G) dt          of a finite weighted set
    U:  V - int F (1 - F) dt / (M - 1)        unbiased in M >= 2 for the law behind the rows; NaN of one row

The score of a field is the quadrature-weighted mean over its grid, in the field's rms standard deviation over all runs.
In expectation over y it is least for the true law of each coordinate, and E|Y - Y'| / 2 there, which is the floor at
one condition; N independent runs as a set score 1 + 1/N of that. Of dependence between coordinates it sees nothing,
which is what `energy_score` is for. No equivalent runs are made of it: those by energy are of the same kind.

With samples and runs sorted together the integrals are sums over the gaps: the cost is (M + n) log(M + n) a coordinate.

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
from sgmbench.metrics.pairs import paired_rows

SORTED = 1 << 20  # values sorted at once, a few coordinates of many rows


@dataclass(frozen=True)
class CRPS(PairScore):
    """Continuous ranked probability score of each field, in its standard deviation."""

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "sd"

    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        x, w, y = samples.values, samples.weights, reference.values
        scores = np.array(
            [crps(x[rows], y[runs], w[rows], is_law=samples.is_law) for rows, runs in paired_rows(samples)]
        )
        return {
            scaled.field.name: scores[:, scaled.where] @ scaled.field.quadrature / scaled.sd
            for scaled in varying_fields(reference)
        }


def crps(
    x: Float[np.ndarray, "M d"], y: Float[np.ndarray, "n d"], weights: Float[np.ndarray, " M"], *, is_law: bool
) -> Float[np.ndarray, " d"]:
    """CRPS of each coordinate, mean over the runs y."""
    M, n, d = len(x), len(y), x.shape[1]
    if is_law and M < 2:
        return np.full(d, np.nan)
    w, width = weights / weights.sum(), max(1, SORTED // (M + n))
    blocks = (slice(i, i + width) for i in range(0, d, width))
    return np.concatenate([_of_block(x[:, block], y[:, block], w, is_law=is_law) for block in blocks])


def _of_block(
    x: Float[np.ndarray, "M d"], y: Float[np.ndarray, "n d"], w: Float[np.ndarray, " M"], *, is_law: bool
) -> Float[np.ndarray, " d"]:
    M, n = len(x), len(y)
    t = np.concatenate([x, y])
    order = np.argsort(t, axis=0)
    gaps = np.diff(np.take_along_axis(t, order, axis=0), axis=0)
    F = np.cumsum(np.append(w, np.zeros(n))[order], axis=0)[:-1]
    G = np.cumsum(np.append(np.zeros(M), np.full(n, 1 / n))[order], axis=0)[:-1]
    score = np.sum(gaps * ((F - G) ** 2 + G * (1 - G)), axis=0)
    return score - np.sum(gaps * F * (1 - F), axis=0) / (M - 1) if is_law else score
