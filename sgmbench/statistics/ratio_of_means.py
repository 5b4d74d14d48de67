"""Fieller's interval of a ratio of two means, of paired replicates.

    rho = E x / E y:  all rho with  | mean(x - rho y) | <= t s(x - rho y) / sqrt(R),

t the quantile of Student's law with R - 1 degrees of freedom, s the sd over replicates. It is exact for normal (x, y),
whatever their signs: no logarithm is taken, so that estimates which scatter around zero can be compared. With k = t^2/R
the ends are the roots of

    (Y^2 - k s_yy) rho^2 - 2 (X Y - k s_xy) rho + X^2 - k s_xx = 0,     X, Y the means, s_xy the covariance.

Where Y cannot be told from zero, Y^2 <= k s_yy, the set has no two ends, and there is no interval.

Source: E. C. Fieller, "Some problems in interval estimation", J. R. Stat. Soc. B 16 (1954) 175-185.
"""

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from sgmbench.statistics.intervals import LEVEL


def fieller_interval(
    x: Float[np.ndarray, " r"], y: Float[np.ndarray, " r"], *, level: float = LEVEL
) -> tuple[float, float] | None:
    """Ends of the interval of E x / E y; None for a single replicate, and where E y may be zero."""
    if len(x) < 2:
        return None
    k = float(student.ppf((1 + level) / 2, len(x) - 1)) ** 2 / len(x)
    X, Y, S = float(x.mean()), float(y.mean()), np.cov(x, y)
    a, b, c = Y**2 - k * S[1, 1], X * Y - k * S[0, 1], X**2 - k * S[0, 0]
    if not a > 0:
        return None
    half = float(np.sqrt(max(0.0, b**2 - a * c)))  # never negative but for rounding: rho = X / Y is in the set
    return float(b - half) / a, float(b + half) / a
