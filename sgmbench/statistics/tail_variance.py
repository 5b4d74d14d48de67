"""Variance of tail statistics: what one run contributes to the mean square error of a tail probability, or of a CVaR.

For the share S of the coordinates of a run at which an event happens, of which the probability is P = E S, N
independent runs have

    E ((P_N - P) / P)^2 = v / N,      v = E S^2 / P^2 - 1.

Of an event of the whole run, where S is 0 or 1, v = (1 - P) / P: 99 at P = 1 %, the number of runs in which it happens
once. Of k coordinates it is that too where they exceed their thresholds together, and (1 - P) / (k P) where each does
so by itself. A reference of n runs adds v / n: it counts the events of its own runs, or takes its own quantiles for
thresholds, whose error is the same for large n (Bahadur).

For conditional values at risk at level p, of coordinates with standard deviations sd_i and quantiles q_i,

    E mean_i (CVaR error_i / sd_i)^2 = v / N,      v = mean_i var( max(y_i - q_i, 0) ) / ((1 - p) sd_i)^2      (N large)

over the coordinates that vary; 6.1 of a normal law at p = 0.95.

Source: B. Manistre, G. Hancock, "Variance of the CTE estimator", N. Am. Actuar. J. 9 (2005) 129-156, for the second.
"""

import numpy as np
from jaxtyping import Bool, Float


def probability_variance(shares: Float[np.ndarray, " n"]) -> float:
    """v of a probability, from many runs; NaN of an event that happens in none."""
    P = float(np.mean(shares))
    return float(np.mean(np.square(shares / P - 1))) if P > 0 else float("nan")


def cvar_variance(
    ordered: Float[np.ndarray, "n size"], varies: Bool[np.ndarray, " size"], sd: Float[np.ndarray, " size"], *, p: float
) -> float:
    """v of the upper CVaR of level p, from many runs; 0 for a field that does not vary.

    Args:
        ordered: a field's columns, each sorted; of the lower tail turned round, with their signs changed.
        varies: which of its coordinates are not constant.
        sd: their standard deviations.
        p: the level.
    """
    if not varies.any():
        return 0.0
    y = ordered[:, varies]
    excess = np.maximum(y - np.quantile(y, p, axis=0), 0)
    return float(np.mean(excess.var(axis=0) / ((1 - p) * sd[varies]) ** 2))
