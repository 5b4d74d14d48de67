"""Moments of rows field by field, and the rates at which those of the differences between levels fall.

With the quadrature q of a field's grid,

    m^2 = sum_i q_i (E Y_i)^2,      V = sum_i q_i Var Y_i,      kurtosis = E (sum_i q_i (Y_i - E Y_i)^2)^2 / V^2

    m_l ~ 2^(-alpha l),      V_l ~ 2^(-beta l),      C_l ~ 2^(gamma l),      l >= 1

m^2 is estimated without bias, so that it may be negative. The relative standard error of an estimate of V from N rows
is about ((kurtosis - 1) / N)^1/2: large where few differences are not zero. For one value m, V and the kurtosis are
the usual ones.

Source: M. B. Giles, Acta Numerica 24 (2015) 259-328, section 3.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Layout


class Moments(NamedTuple):
    """Of each field; in the square of its unit, the kurtosis without one and NaN where nothing varies."""

    mean_square: Float[np.ndarray, " fields"]
    variance: Float[np.ndarray, " fields"]
    kurtosis: Float[np.ndarray, " fields"]


def moments(rows: Float[np.ndarray, "n d"], layout: Layout) -> Moments:
    """m^2, V and the kurtosis from two finite rows or more."""
    mean = rows.mean(axis=0)
    columns = [
        _field_moments(mean[where], rows[:, where] - mean[where], field.quadrature)
        for field, where in zip(layout.fields, layout.slices.values(), strict=True)
    ]
    return Moments(*np.array(columns).T)


def _field_moments(
    mean: Float[np.ndarray, " size"], deviation: Float[np.ndarray, "n size"], quadrature: Float[np.ndarray, " size"]
) -> tuple[float, float, float]:
    n = len(deviation)
    squares = deviation**2 @ quadrature
    variance = float(squares.sum()) / (n - 1)
    kurtosis = float(np.mean(squares**2) / np.mean(squares) ** 2) if variance > 0 else float("nan")
    return float(quadrature @ mean**2) - variance / n, variance, kurtosis


def rate(values: Float[np.ndarray, " levels"]) -> float | None:
    """Least-squares slope of log2 of the positive values over levels; None of fewer than two."""
    levels = np.flatnonzero(values > 0)
    if len(levels) < 2:
        return None
    return float(np.polyfit(levels, np.log2(values[levels]), 1)[0])


def floored(values: Float[np.ndarray, " levels"], *, slowest: float = 0.5) -> Float[np.ndarray, " levels"]:
    """No value less than half of what the one before and the fitted rate predict.

    Few rows may show no difference at all where there is one; a level without variance would get no runs.

    Args:
        values: of l = 1, 2, ...
        slowest: the least rate of decay, which is assumed where none can be fitted.
    """
    slope = rate(values)
    decay = slowest if slope is None else max(slowest, -slope)
    result = values.copy()
    for level in range(1, len(result)):
        result[level] = max(result[level], result[level - 1] * 2.0**-decay / 2)
    return result
