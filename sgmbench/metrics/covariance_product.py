"""Error of the covariance, squared and without bias.

    |C_Q - C_P|_F^2 / |C_P|_F^2,      estimated by      < C_X - C_Y, C_X' - C_Y' > / < C_Y, C_Y' >,

<A, B> = sum_ij A_ij B_ij, with halves X, X' of the samples and Y, Y' of the reference (see `halves`) and C the
unbiased sample covariance in coordinates where the norm of `energy` is Euclid's. The numerator has no bias for any laws
and any numbers of rows; the square of a plain difference would have one of some d^2 / n. It sees what the energy
distance hardly does: dependence between coordinates. Of a finite set, X = X' is the whole of it, and N independent runs
of N(0, I_d) have the score (d + 1) / (N - 1). The covariance of weighted rows is

    ( sum_i w_i (x_i - m)(x_i - m)' ) / (1 - sum_r W_r^2),      m = sum_i w_i x_i,

as in `standard_deviation`, for weights of either sign. With A, B the centered rows of two sets, v and w their weights,

    < A' diag(v) A, B' diag(w) B >  =  sum_ij v_i w_j (a_i . b_j)^2:

the left form costs (n + m) d^2, the right one n m d, in blocks. The right one is taken where d is above the number of
rows, or above 2,048, where a covariance would no longer fit.

Source: J. Li, S. X. Chen, "Two sample tests for high-dimensional covariance matrices", Ann. Stat. 40 (2012) 908-940,
who sum over all disjoint pairs of rows where halves use some of them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int

from sgmbench.core.metric import Judgment, Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import scaled_rows
from sgmbench.metrics.halves import halves_of_reference, halves_of_samples
from sgmbench.metrics.weights import independent_weight, normalized_weights

LARGEST = 2_048
BLOCK = 512


@dataclass(frozen=True)
class CovarianceProduct(Metric):
    """Unbiased squared error of the covariance of all fields together, relative to its square.

    Attributes:
        norm: which coordinates the covariance is of; see `energy`.
    """

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "ratio"
    judged_by: ClassVar[Judgment | None] = "square"

    norm: Literal["field_l2", "standardized"] = "field_l2"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        if not reference.varies.any():
            return {}
        first, second = halves_of_samples(samples)
        if len(reference.values) < 4 or not (len(first) and len(second)):
            return {"all": float("nan")}
        y, y_, own = reference.prepared(f"covariance_product/{self.norm}", lambda: self._of_reference(reference))
        x = self._of_samples(samples, first, reference)
        x_ = self._of_samples(samples, second, reference) if samples.is_law else x
        return {"all": (x.product(x_) - x.product(y_) - y.product(x_) + own) / own}

    def _of_samples(self, samples: Samples, rows: Int[np.ndarray, " h"], reference: Reference) -> "Scatter":
        half = samples.keep(np.isin(np.arange(len(samples.run)), rows))
        scaled = scaled_rows(half.values, reference, norm=self.norm)
        return Scatter(scaled, normalized_weights(half), independent_weight(half))

    def _of_reference(self, reference: Reference) -> "tuple[Scatter, Scatter, float]":
        scaled = scaled_rows(reference.values, reference, norm=self.norm)
        y, y_ = (
            Scatter(scaled[rows], np.full(len(rows), 1 / len(rows)), 1 - 1 / len(rows))
            for rows in halves_of_reference(reference)
        )
        return y, y_, y.product(y_)


class Scatter:
    """Rows about their weighted mean, and the inner product of their covariance with that of others.

    Args:
        rows: in any position.
        weights: of sum 1.
        independent_weight: what the weighted sum of squares is divided by.
    """

    def __init__(
        self, rows: Float[np.ndarray, "n k"], weights: Float[np.ndarray, " n"], independent_weight: float
    ) -> None:
        self.rows = rows - weights @ rows
        self.weights = weights / independent_weight

    @cached_property
    def covariance(self) -> Float[np.ndarray, "k k"]:
        """The unbiased covariance, formed."""
        return self.rows.T @ (self.weights[:, None] * self.rows)

    def product(self, other: "Scatter") -> float:
        """<C, C'>, by the cheaper of the two forms."""
        if self.rows.shape[1] <= min(LARGEST, len(self.rows), len(other.rows)):
            return float(np.vdot(self.covariance, other.covariance))
        blocks = (slice(i, i + BLOCK) for i in range(0, len(self.rows), BLOCK))
        return sum(
            float(self.weights[block] @ (self.rows[block] @ other.rows.T) ** 2 @ other.weights) for block in blocks
        )
