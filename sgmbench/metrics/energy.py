"""Energy distance.

    D2(Q, P) = 2 E|X - Y| - E|X - X'| - E|Y - Y'|,      X, X' ~ Q,  Y, Y' ~ P

is zero only for Q = P. With mu = E|Y - Y'|, N independent runs of P, scored as the set that they are, have
E D2(P_N, P) = mu / N exactly, in every dimension: so an error is turned into equivalent runs.

Two estimates of E|X - X'|, with weights w_i that sum to 1 and W_r those of run r together:

    V:  sum_ij w_i w_j |x_i - x_j|                                        what a finite weighted set is
    U:  the same without pairs of one run, over 1 - sum_r W_r^2           unbiased for the law behind the rows

A Generator's samples stand for a law: U. A Sampler's are the set that it delivers: V, where U would reward what makes
the set good (plain Monte Carlo would get D2 = 0 at any number of runs). The reference's own term is always U. Rows
count as they are given: where duplicates have runs of their own, U keeps their zero distance.

The reference is one of many that might have been drawn, the same for all methods and replicates. To first order it adds
to D2 the mean of h over its n rows (Hoeffding), of variance

    var(h(Y)) / n,      h(y) = 2 E|X - y| - 2 E|Y' - y|,

which is none where Q = P; what is left then has a standard deviation of at most sqrt 2 mu / n.

Norms, both invariant under a field's shift, scale and unit:

    field_l2       |y|^2 = sum over fields of (sum_i q_i y_i^2) / s^2,    q the quadrature, s^2 = sum_i q_i sd_i^2
    standardized   |y|^2 = sum_i (y_i / sd_i)^2                           over coordinates that vary

Bias: U has none as an estimate of D2 and may be negative; V is larger by mu / N on average, which is what equivalent
runs are read from. Cost: M (M + n) distances for M samples and n rows of the reference, whose own n^2 are taken once.

Source: Szekely and Rizzo, "Energy statistics: a class of statistics based on distances", J. Stat. Plan. Inference 143
(2013).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float

from sgmbench.core.metric import Judgment, Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.pairwise import Rows, cross_sums, own_sum, same_run_sum
from sgmbench.metrics.weights import independent_weight, normalized_weights


@dataclass(frozen=True)
class Energy(Metric):
    """Energy distance D2 to the reference, the distance behind equivalent runs.

    Scores "d2", "mu" (E|Y - Y'| of the reference), "mu_samples" (E|X - X'| of the samples, as a law) and
    "reference_variance" (of D2 by the reference's rows, to first order).

    Attributes:
        norm: `field_l2` weighs fields alike and points of the grid by their width; `standardized` weighs every
            coordinate alike, a nearly pinned boundary as much as the bulk.
    """

    accepts_weights: ClassVar[bool] = True
    judged_by: ClassVar[Judgment | None] = "equivalent_runs"

    norm: Literal["field_l2", "standardized"] = "field_l2"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        to_itself = reference.prepared(f"energy/{self.norm}", lambda: self._to_itself(reference))
        mu = float(np.mean(to_itself))
        rows = Rows(scaled_rows(samples.values, reference, norm=self.norm), normalized_weights(samples))
        to_samples = cross_sums(rows, self._reference_rows(reference))
        v_term = own_sum(rows)
        u_term = (v_term - same_run_sum(rows, samples.run)) / independent_weight(samples)
        d2 = 2 * float(np.mean(to_samples)) - (u_term if samples.is_law else v_term) - mu
        variance = float(np.var(2 * (to_samples - to_itself))) / len(to_itself)
        return {"d2": d2, "mu": mu, "mu_samples": u_term, "reference_variance": variance}

    def _to_itself(self, reference: Reference) -> Float[np.ndarray, " n"]:
        """E|Y' - y| of every row, itself left out."""
        n, rows = len(reference.values), self._reference_rows(reference)
        return cross_sums(rows, rows) / (1 - 1 / n) if n > 1 else np.full(1, np.nan)

    def _reference_rows(self, reference: Reference) -> Rows:
        n = len(reference.values)
        return Rows(scaled_rows(reference.values, reference, norm=self.norm), np.full(n, 1 / n))


def scaled_rows(values: Float[np.ndarray, "n d"], reference: Reference, *, norm: str) -> Float[np.ndarray, "n k"]:
    """Coordinates in which the norm is Euclid's, centered; those without a scale are left out."""
    scale = np.sqrt(_squared_scales(norm, reference))
    used = scale > 0
    return (values[:, used] - reference.mean[used]) * scale[used]


def _squared_scales(norm: str, reference: Reference) -> Float[np.ndarray, " d"]:
    """By what the squared difference of each coordinate is multiplied; zero where nothing varies."""
    if norm == "standardized":
        return np.where(reference.varies, 1, 0) / np.where(reference.varies, reference.sd, 1) ** 2
    scales = np.zeros(reference.layout.size)
    for scaled in varying_fields(reference):
        scales[scaled.where] = scaled.field.quadrature / scaled.sd**2
    return scales
