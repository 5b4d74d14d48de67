"""Variance of Monte Carlo: what one run contributes to the mean square error of an estimate.

For a field with quadrature q, standard deviations sd_i and s^2 = sum_i q_i sd_i^2, N independent runs have

    E sum_i q_i (mean error_i)^2 / s^2 = v / N,   v = 1
    E sum_i q_i (sd error_i)^2 / s^2   = v / N,   v = sum_i q_i sd_i^2 (kurtosis_i - 1) / 4 / s^2     (N large)

with kurtosis 3 of a normal law, and v = 1/2 then. A tolerance eps takes N = v / eps^2 runs.

The kurtosis of n rows, b = m_4 / m_2^2, is 6 / (n + 1) too small on average where the law is normal. By Fisher's
k-statistics, k_4 / k_2^2 + 3 = (n - 1) ((n + 1) b - 3 (n - 1)) / (n - 2) / (n - 3) + 3 has no bias there.

Source: D. N. Joanes, C. A. Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998)
183-189.
"""

import numpy as np
from jaxtyping import Float

OF_NORMAL = 3.0


def mean_variance(values: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]) -> float:
    """v of the mean: 1 by the choice of unit, 0 for a field that does not vary."""
    return float(_total_variance(values, quadrature) > 0)


def sd_variance(values: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]) -> float:
    """v of the standard deviation, from the fourth moments of many runs; 0 for a field that does not vary."""
    total, deviation = _total_variance(values, quadrature), values - values.mean(axis=0)
    if not total > 0:
        return 0.0
    second, fourth = np.mean(deviation**2, axis=0), np.mean(deviation**4, axis=0)
    kurtosis = np.divide(fourth, second**2, out=np.full_like(second, OF_NORMAL), where=second**2 > 0)
    excess = np.maximum(_without_bias(kurtosis, len(values)) - 1, 0)
    return float(quadrature @ (second * excess) / (4 * (quadrature @ second)))


def runs_needed(*, variance: float, tolerance: float) -> float:
    """N = v / eps^2, the independent runs whose root mean square error is the tolerance."""
    return variance / tolerance**2


def _without_bias(b: Float[np.ndarray, " size"], n: int) -> Float[np.ndarray, " size"]:
    """The kurtosis by k-statistics; fewer than four rows tell of none, and count as normal."""
    if n <= 3:
        return np.full_like(b, OF_NORMAL)
    return (n - 1) * ((n + 1) * b - 3 * (n - 1)) / ((n - 2) * (n - 3)) + OF_NORMAL


def _total_variance(values: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]) -> float:
    """s^2, and 0 where it is the rounding of a constant."""
    total = float(quadrature @ values.var(axis=0))
    return total if total > 1e-18 * float(quadrature @ values.mean(axis=0) ** 2) else 0.0
