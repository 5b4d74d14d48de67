"""Order statistics of two sets of one law: how far empirical distribution functions and quantiles differ by chance.

Of n + m independent draws from one continuous law all orders are equally likely. So the number B of the m draws that
lie below the kth smallest of the n has

    P(B = b) = C(k - 1 + b, b) C(n - k + m - b, m - b) / C(n + m, m),      B ~ BetaBinomial(m, k, n + 1 - k),

whatever the law. A band of its quantiles is exact and pointwise, in the tails as elsewhere, where normal bands fail.

Source: E. Gumbel, H. von Schelling, "The distribution of the number of exceedances", Ann. Math. Stat. 21 (1950)
247-262.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import betabinom

from sgmbench.statistics.intervals import LEVEL


def draws_below(
    k: Int[np.ndarray, " p"], *, n: int, m: int, level: float = LEVEL
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " p"]]:
    """The ends between which the number of m draws below the kth smallest of n lies with at least probability `level`.

    Args:
        k: ranks, from 1 to n.
        n: draws that are ranked.
        m: other draws.
        level: probability.
    """
    law = betabinom(m, k, n + 1 - k)
    return law.ppf((1 - level) / 2), law.ppf((1 + level) / 2)
