"""Nearest training runs of a condition, in uniform coordinates of the prior."""

import numpy as np
from jaxtyping import Float, Int


def neighbor_count(n: int, q: int, wanted: int | None) -> int:
    """How many runs stand for a condition: as wanted, else n^(4/(4+q)), the rate-optimal order of nearest neighbors.

    Source: C. Stone, "Optimal global rates of convergence for nonparametric regression", Ann. Statist. 10 (1982).
    """
    return n if q == 0 else min(n, wanted or round(n ** (4 / (4 + q))))


def nearest(given: Float[np.ndarray, "n q"], at: Float[np.ndarray, " q"], count: int) -> Int[np.ndarray, " k"]:
    """Indices of the `count` rows nearest to `at`; all of them where there is nothing given."""
    if count >= len(given):
        return np.arange(len(given))
    return np.argpartition(np.sum((given - at) ** 2, axis=1), count)[:count]
