"""The center of a symmetric law, by ranks: Hodges and Lehmann's estimate and its exact interval.

Of n independent numbers with one center of symmetry the n (n + 1) / 2 Walsh averages are (x_i + x_j) / 2, i <= j. The
estimate is their median. Wilcoxon's T, the sum of the ranks of the positive x_i - c, is the number of Walsh averages
above c; at the true center it is a sum of 1 to n, each taken or not with probability 1/2. So with the k-th smallest and
the k-th largest Walsh average,

    P(c outside) = 2 P(T <= k - 1),

and the interval has the largest k for which that is at most 1 - level: exact for every symmetric law, however heavy its
tails. Numbers of a normal law give an interval about 2 % longer than Student's. There is none where even the extremes
are less sure than asked, 2^(1-n) > 1 - level. Memory and time are n^2.

Source: J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", Ann. Math. Stat. 34 (1963) 598-611.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from sgmbench.statistics.intervals import LEVEL


def center(x: Float[np.ndarray, " n"]) -> float:
    """The estimate of Hodges and Lehmann."""
    return float(np.median(_walsh(x)))


def center_interval(x: Float[np.ndarray, " n"], *, level: float = LEVEL) -> tuple[float, float] | None:
    """Ends of the exact interval; None where so few numbers admit none of the level."""
    k = int(np.sum(2 * _cumulative(len(x)) <= 1 - level))
    if k == 0:
        return None
    averages = _walsh(x)
    return float(averages[k - 1]), float(averages[-k])


def _walsh(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " pairs"]:
    """All Walsh averages in order."""
    i, j = np.triu_indices(len(x))
    return np.sort((x[i] + x[j]) / 2)


@cache
def _cumulative(n: int) -> Float[np.ndarray, " values"]:
    """P(T <= t), t = 0, 1, ..., n (n + 1) / 2."""
    p = np.zeros(n * (n + 1) // 2 + 1)
    p[0] = 1.0
    for rank in range(1, n + 1):
        p[rank:] = p[rank:] + p[:-rank]
        p /= 2
    return np.cumsum(p)
