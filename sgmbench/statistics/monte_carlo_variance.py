"""Variance of Monte Carlo: what one run contributes to the mean square error of an estimate.

For a field with quadrature q, standard deviations sd_i and s^2 = sum_i q_i sd_i^2, N independent runs have

    E sum_i q_i (mean error_i)^2 / s^2 = v / N,   v = 1
    E sum_i q_i (sd error_i)^2 / s^2   = v / N,   v = sum_i q_i sd_i^2 (kurtosis_i - 1) / 4 / s^2     (N large)

with kurtosis 3 of a normal law, and v = 1/2 then. A tolerance eps takes N = v / eps^2 runs.
"""

import numpy as np
from jaxtyping import Float


def mean_variance(values: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]) -> float:
    """v of the mean: 1 by the choice of unit, 0 for a field that does not vary."""
    return float(_total_variance(values, quadrature) > 0)


def sd_variance(values: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]) -> float:
    """v of the standard deviation, from the fourth moments of many runs; 0 for a field that does not vary."""
    deviation = values - values.mean(axis=0)
    second, fourth = np.mean(deviation**2, axis=0), np.mean(deviation**4, axis=0)
    # sd^2 (kurtosis - 1) = (m4 - m2^2) / m2, and 0 where nothing varies.
    excess = np.divide(fourth - second**2, second, out=np.zeros_like(second), where=second > 0)
    total = _total_variance(values, quadrature)
    return float(quadrature @ excess / (4 * total)) if total > 0 else 0.0


def runs_needed(*, variance: float, tolerance: float) -> float:
    """N = v / eps^2, the independent runs whose root mean square error is the tolerance."""
    return variance / tolerance**2


def _total_variance(values: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]) -> float:
    """s^2, and 0 where it is the rounding of a constant."""
    total = float(quadrature @ values.var(axis=0))
    return total if total > 1e-18 * float(quadrature @ values.mean(axis=0) ** 2) else 0.0
