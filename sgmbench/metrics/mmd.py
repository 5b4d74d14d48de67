"""Maximum mean discrepancy, squared.

    MMD^2(Q, P) = E k(X, X') + E k(Y, Y') - 2 E k(X, Y),      k(x, y) = exp(-|x - y|^2 / (2 h^2)),

in a norm of `energy`, h the median of |y - y'| over pairs of the first 1,000 rows of the reference. It is zero only for
Q = P, at most 2, and it forgets what happens at scales far from h. As with the energy distance, with weights w_i that
sum to 1 and W_r those of run r together,

    V:  sum_ij w_i w_j k(x_i, x_j)                                        what a finite weighted set is
    U:  the same without pairs of one run, over 1 - sum_r W_r^2           unbiased for the law behind the rows

estimate E k(X, X'): U for a Generator, whose MMD^2 then has mean zero for equal laws, V for a Sampler, for which N
independent runs have E MMD^2 = (1 - E k(Y, Y')) / N, so that N_eq = (1 - E k(Y, Y')) / MMD^2. The reference's own term
is always U. The cost is n m products of rows, in blocks, in float64.

Source: A. Gretton et al., "A kernel two-sample test", J. Mach. Learn. Res. 13 (2012) 723-773, lemma 6 and section 8.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Int
from scipy.spatial.distance import pdist

from sgmbench.core.metric import Judgment, Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import scaled_rows
from sgmbench.metrics.pairwise import Rows
from sgmbench.metrics.weights import independent_weight, normalized_weights

BANDWIDTH_ROWS = 1_000
BLOCK = 1024


@dataclass(frozen=True)
class MMD2(Metric):
    """Squared maximum mean discrepancy of all fields together, with a Gaussian kernel.

    Attributes:
        norm: that of the kernel; see `energy`.
    """

    accepts_weights: ClassVar[bool] = True
    by_default: ClassVar[bool] = False
    judged_by: ClassVar[Judgment | None] = "square"

    norm: Literal["field_l2", "standardized"] = "field_l2"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        h = reference.prepared(f"mmd/{self.norm}/bandwidth", lambda: self._bandwidth(reference))
        if not h > 0:
            return {}
        truth = self._reference_rows(reference, h)
        of_reference = reference.prepared(f"mmd/{self.norm}/own", lambda: _unbiased_own_sum(truth))
        rows = Rows(scaled_rows(samples.values, reference, norm=self.norm) / h, normalized_weights(samples))
        of_samples = own_kernel_sum(rows)
        if samples.is_law:
            of_samples = (of_samples - same_run_kernel_sum(rows, samples.run)) / independent_weight(samples)
        return {"all": of_samples + of_reference - 2 * kernel_sum(rows, truth)}

    def of_one_run(self, reference: Reference) -> float:
        """1 - E k(Y, Y'), the mean MMD^2 of one run; 0 where nothing varies."""
        h = reference.prepared(f"mmd/{self.norm}/bandwidth", lambda: self._bandwidth(reference))
        if not h > 0:
            return 0.0
        truth = self._reference_rows(reference, h)
        return 1 - reference.prepared(f"mmd/{self.norm}/own", lambda: _unbiased_own_sum(truth))

    def _bandwidth(self, reference: Reference) -> float:
        rows = scaled_rows(reference.values[:BANDWIDTH_ROWS], reference, norm=self.norm)
        return float(np.median(pdist(rows))) if rows.shape[1] and len(rows) > 1 else 0.0

    def _reference_rows(self, reference: Reference, h: float) -> Rows:
        n = len(reference.values)
        return Rows(scaled_rows(reference.values, reference, norm=self.norm) / h, np.full(n, 1 / n))


def kernel_sum(x: Rows, y: Rows) -> float:
    """sum_ij v_i w_j k(x_i, y_j), with h = 1."""
    return float(sum(_block_sum(a, b) for a in _blocks(x) for b in _blocks(y)))


def own_kernel_sum(x: Rows) -> float:
    """sum_ij w_i w_j k(x_i, x_j), by the upper triangle of blocks."""
    blocks = _blocks(x)
    diagonal = sum(_block_sum(a, a) for a in blocks)
    return float(diagonal + 2 * sum(_block_sum(a, b) for i, a in enumerate(blocks) for b in blocks[i + 1 :]))


def same_run_kernel_sum(x: Rows, run: Int[np.ndarray, " n"]) -> float:
    """The part of `own_kernel_sum` that pairs of one solver run contribute, each row with itself among them."""
    order = np.argsort(run, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(run[order])) + 1)
    alone = [rows[0] for rows in groups if len(rows) == 1]
    together = (Rows(x.values[rows], x.weights[rows]) for rows in groups if len(rows) > 1)
    return float(np.sum(x.weights[alone] ** 2)) + sum(own_kernel_sum(rows) for rows in together)


def _unbiased_own_sum(x: Rows) -> float:
    n = len(x.values)
    return (own_kernel_sum(x) - 1 / n) / (1 - 1 / n)


def _blocks(x: Rows) -> list[Rows]:
    return [Rows(x.values[i : i + BLOCK], x.weights[i : i + BLOCK]) for i in range(0, len(x.values), BLOCK)]


def _block_sum(a: Rows, b: Rows) -> float:
    (x, v), (y, w) = a, b
    squares = np.sum(x * x, axis=1)[:, None] + np.sum(y * y, axis=1) - 2 * (x @ y.T)
    return float(v @ (np.exp(-np.maximum(squares, 0) / 2) @ w))
