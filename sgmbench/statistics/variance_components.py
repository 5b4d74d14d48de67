"""Variance components: how much of a field varies with z, and how much varies beside it.

    V = sum_i q_i Var_z E[y_i given z]        epistemic
    A = sum_i q_i E_z Var[y_i given z]        aleatoric
    S = V / (V + A)                           the epistemic share: a first-order Sobol index of z, all of it together

with the field's quadrature q. From n_k rows at each of K values of z, N rows in all, with means m_k and m of all, |.|
the norm of q, the analysis of variance gives

    A^ = sum_kj |y_kj - m_k|^2 / (N - K)
    V^ = (sum_k n_k |m_k - m|^2 - (K - 1) A^) / (N - sum_k n_k^2 / N)

both without bias whatever the law, as long as n_k does not depend on z; V^ is what the means vary less what they vary
by chance alone, and may be negative. For one Gaussian number, n rows each and r = A / V,

    N E (V^ - V)^2  ->  2 V^2 (n + 2 r + r^2 / (n - 1)),      least at n = 1 + r.

S^ is a ratio of the two: its bias is O(1/K). Values of z are independent, so the standard error of whatever is made of
them is the jackknife's over z, ((K - 1)/K sum_k (S_(k) - S_(.))^2)^1/2, S_(k) without the k-th; its square is too large
by O(1/K) of itself.

Cost: one look at each value; all K leave-one-out estimates follow from sums.

Source: S. Searle, G. Casella, C. McCulloch, "Variance Components" (1992), section 3.6; F. Gamboa, A. Janon, T. Klein,
A. Lagnoux, Electron. J. Stat. 8 (2014) 575-603 (indices of fields); B. Efron, C. Stein, Ann. Stat. 9 (1981) 586-596
(the jackknife).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Groups(NamedTuple):
    """What the rows at each z leave of a field: how many they are, their sum, and their squares around their mean."""

    sizes: Float[np.ndarray, " K"]
    sums: Float[np.ndarray, "K d"]
    within: Float[np.ndarray, " K"]


class Components(NamedTuple):
    """V^ and A^, in the squared unit of the field; of all rows, or each without one z."""

    epistemic: Float[np.ndarray, "*K"]
    aleatoric: Float[np.ndarray, "*K"]

    @property
    def share(self) -> Float[np.ndarray, "*K"]:
        """S^; NaN where nothing varies."""
        total = self.epistemic + self.aleatoric
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0, self.epistemic / total, np.nan)


def grouped(
    values: Float[np.ndarray, "n d"],
    outer: Int[np.ndarray, " n"],
    *,
    quadrature: Float[np.ndarray, " d"],
    center: Float[np.ndarray, " d"],
) -> Groups:
    """Rows gathered by z.

    Args:
        values: of one field.
        outer: which z each row is of; the order of these numbers is that of the groups.
        quadrature: of the field.
        center: any value near the mean, so that a small spread on a large mean keeps its digits.
    """
    _, number, counts = np.unique(outer, return_inverse=True, return_counts=True)
    rows = (values - center) * np.sqrt(quadrature)
    order = np.argsort(number, kind="stable")
    sums = np.add.reduceat(rows[order], np.cumsum(counts) - counts, axis=0)
    deviation = rows - (sums / counts[:, None])[number]
    return Groups(counts.astype(float), sums, np.bincount(number, np.sum(deviation**2, axis=1)))


def components(groups: Groups) -> Components:
    """V^ and A^; NaN where no z has two rows, or where there is one z."""
    d = groups.sums.shape[1]
    nothing = Groups(np.zeros(1), np.zeros((1, d)), np.zeros(1))
    return Components(*(each.reshape(()) for each in _without(groups, nothing, K=len(groups.sizes))))


def components_without_each(groups: Groups) -> Components:
    """V^ and A^ without the rows of each z in turn."""
    return _without(groups, groups, K=len(groups.sizes) - 1)


def jackknife_error(without_each: Float[np.ndarray, " K"]) -> float:
    """Standard error of an estimate, from what it is without each z."""
    K = len(without_each)
    return float(np.sqrt((K - 1) / K * np.sum((without_each - without_each.mean()) ** 2)))


def _without(groups: Groups, gone: Groups, *, K: int) -> Components:
    """V^ and A^ of K groups that are left without others, one estimate for each of these."""
    n, total = groups.sizes, groups.sums.sum(axis=0)
    N = n.sum() - gone.sizes
    squared_sizes = np.sum(n**2) - gone.sizes**2
    own, of_gone = (np.sum(each.sums**2, axis=1) / np.maximum(each.sizes, 1) for each in (groups, gone))
    of_means, of_all = own.sum() - of_gone, np.sum((total - gone.sums) ** 2, axis=1)
    within = groups.within.sum() - gone.within
    with np.errstate(divide="ignore", invalid="ignore"):
        aleatoric = np.where(N > K, within / (N - K), np.nan)
        epistemic = (of_means - of_all / N - (K - 1) * aleatoric) / (N - squared_sizes / N)
    return Components(epistemic if K > 1 else np.full_like(epistemic, np.nan), aleatoric)
