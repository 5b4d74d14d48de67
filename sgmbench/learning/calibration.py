"""Calibration: the conditional mean and standard deviation of a generator replaced by those that regressions give.

A network trained on n runs errs in the conditional mean and scale by some hundredths, more than regressions of few
coefficients do; a neighborhood of runs has the moments of its own conditions. From draws of the generator at u,

    y -> m(u) + rho (y - mean of draws),      rho = K K [ s(u) / sd of draws ]

coordinate by coordinate, where K averages the ratio over coordinates of one field by a high power of their correlation:
fits of s(u) at neighboring points do not err alike, and an unsmoothed ratio would roughen smooth fields. The draws are
made for this purpose alone, so that the samples delivered stay independent.

K is kept as compressed sparse rows: of a correlation below .57 its power is lost in rounding beside the coordinate's
own 1. Only where whole fields are correlated by more is it as large as all pairs of coordinates.
"""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key
from scipy.sparse import csr_array, vstack
from scipy.stats import norm, qmc

from sgmbench.learning.conditional_moments import mean_at, sd_at

POWER = 64  # only coordinates correlated by more than about 0.99 are averaged over
LOST = np.finfo(float).eps
BLOCK = 256


def correlation_average(residual: Float[np.ndarray, "n d"], same_field: Int[np.ndarray, " d"]) -> dict[str, np.ndarray]:
    """K, its rows summing to 1, from residuals and numbers that are equal for coordinates of one field."""
    sd = residual.std(axis=0)
    varies = sd > 1e-9 * sd.max()
    scaled = (residual - residual.mean(axis=0)) / np.where(varies, sd, np.inf) / np.sqrt(len(residual))
    rows = [
        csr_array(_weights(scaled, varies, same_field, np.arange(start, min(start + BLOCK, len(sd)))))
        for start in range(0, len(sd), BLOCK)
    ]
    kernel: Any = vstack(rows, format="csr")
    return {"weights": kernel.data, "columns": kernel.indices, "ends": kernel.indptr}


def _weights(
    scaled: Float[np.ndarray, "n d"],
    varies: Bool[np.ndarray, " d"],
    same_field: Int[np.ndarray, " d"],
    rows: Int[np.ndarray, " b"],
) -> Float[np.ndarray, "b d"]:
    """Some rows of K; a constant coordinate is averaged over itself alone."""
    weights = np.clip(scaled[:, rows].T @ scaled, 0, 1) ** POWER
    weights[(weights < LOST) | (same_field[rows, None] != same_field)] = 0
    constant = np.flatnonzero(~varies[rows])
    weights[constant, rows[constant]] = 1
    return weights / weights.sum(axis=1, keepdims=True)


def average(kernel: dict[str, np.ndarray], values: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """K times values."""
    rows = csr_array((kernel["weights"], kernel["columns"], kernel["ends"]), shape=(len(values), len(values)))
    return rows @ values


def calibrate(
    moments: dict[str, Any],
    kernel: dict[str, np.ndarray],
    u: Float[np.ndarray, " q"],
    values: Float[np.ndarray, "n d"],
    draws: Float[np.ndarray, "m d"],
) -> Float[np.ndarray, "n d"]:
    """Samples `values` at u with the moments of `draws` replaced; constant coordinates only shift."""
    center, own = draws.mean(axis=0), draws.std(axis=0)
    wanted = sd_at(moments, u[None])[0]
    varies = own > 1e-9 * wanted + 1e-12 * np.abs(center)
    ratio = np.divide(wanted, own, out=np.ones_like(own), where=varies)
    return mean_at(moments, u[None]) + average(kernel, average(kernel, ratio)) * (values - center)


def sobol_normal(n: int, k: int, key: Key[Array, ""]) -> Float[np.ndarray, "n k"]:
    """A scrambled Sobol set of k normal coordinates, n a power of two or 0: draws whose moments err little."""
    if n == 0:
        return np.zeros((0, k))
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    return norm.ppf(np.clip(qmc.Sobol(k, rng=rng).random(n), 1e-12, 1 - 1e-12))
