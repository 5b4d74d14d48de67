"""The interval of a mean square error over replicates.

A mean m of R squares x_r, each of one error or a mean over several that may go together, lies within both of

    [nu m / q(1 - a/2), nu m / q(a/2)]        q the quantiles of chi-square with nu = 2 R / c degrees of freedom,
                                              c = ((R - 1) s^2 / m^2 + 2 * 2) / (R + 1)
    [m / w, m w]                              log w = t l / sqrt(R), Student's t with R - 1 degrees of freedom

s and l being the standard deviations of x_r and of log x_r. Where the mean of few squares is small by luck, so is their
spread: of five squares of one normal error each, Student's interval of level 95 % ends below the truth in 17 % of
cases. Hence c, the squared coefficient of variation drawn with the weight of two replicates to the 2 of one unbiased
normal error: errors at several conditions by one fit go together. Errors that agree over replicates, as those of a bias
do, are told from luck by their logarithms. The smaller of the two upper ends is below the truth in 2 to 7 % of cases of
one error, whatever its bias and R, and in up to 11 % of means over 32 with a correlation of a half.

Source of the first: F. Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
Bulletin 2 (1946) 110-114.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.special import gammaincinv, stdtrit

from sgmbench.statistics.intervals import LEVEL, t_interval

PRIOR_REPLICATES = 2
MOST_REPLICATES = 1_000
_TAIL = (1 - LEVEL) / 2


def mean_square_interval(values: Float[np.ndarray, " r"]) -> tuple[float, float] | None:
    """Ends of the 95 % interval of a mean of squares, None of a single one.

    Args:
        values: a mean of squares for each replicate. Where one is not positive, as an unbiased estimate of a square may
            be, they are no squares, and the interval is Student's.
    """
    if len(values) < 2 or not np.min(values) > 0:
        return t_interval(values)
    low, high = (float(np.mean(values) * factor[0]) for factor in _factors(values, np.array([len(values)])))
    return low, high


def replicates_below(values: Float[np.ndarray, " r"], bound: float) -> int | None:
    """The number of replicates from which on the interval ends below a bound, were mean and spread to stay as they are.

    None where the mean is not below it, and of more than a thousand.
    """
    mean, several = float(np.mean(values)), np.arange(2, MOST_REPLICATES + 1)
    if not mean < bound:
        return None
    if np.min(values) > 0:
        ends = mean * _factors(values, several)[1]
    else:
        ends = mean + stdtrit(several - 1, 1 - _TAIL) * np.std(values, ddof=1) / np.sqrt(several)
    return int(several[np.argmax(ends < bound)]) if (ends < bound).any() else None


def _factors(
    values: Float[np.ndarray, " r"], replicates: Int[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """The ends over the mean, of so many replicates that scatter as these do."""
    R = len(values)
    variation = (R - 1) * float(np.var(values, ddof=1)) / float(np.mean(values)) ** 2
    nu = 2 * replicates * (R - 1 + PRIOR_REPLICATES) / (variation + PRIOR_REPLICATES * 2)
    low, high = (nu / (2 * gammaincinv(nu / 2, p)) for p in (1 - _TAIL, _TAIL))
    scatter = np.std(np.log(values), ddof=1) / np.sqrt(replicates)
    width = np.exp(np.minimum(stdtrit(replicates - 1, 1 - _TAIL) * scatter, 700.0))
    return np.maximum(low, 1 / width), np.minimum(high, width)
