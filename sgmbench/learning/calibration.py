"""Calibration: the conditional mean and standard deviation of a generator replaced by those that regressions give.

A network trained on n runs errs in the conditional mean and scale by some hundredths, more than regressions of few
coefficients do; a neighborhood of runs has the moments of its own conditions. From draws of the generator at u,

    y -> m(u) + rho (y - mean of draws),      rho = K [ s(u) / sd of draws ]

coordinate by coordinate, where K averages the ratio over coordinates of one field by a high power of their correlation:
fits of s(u) at neighboring points do not err alike, and an unsmoothed ratio would roughen smooth fields. The draws are
made for this purpose alone, so that the samples delivered stay independent.
"""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Key
from scipy.stats import norm, qmc

from sgmbench.learning.conditional_moments import mean_at, sd_at

POWER = 64  # only coordinates correlated by more than about 0.99 are averaged over


def correlation_average(residual: Float[np.ndarray, "n d"], same_field: Float[np.ndarray, "d d"]) -> np.ndarray:
    """K [d, d], its rows summing to 1, from residuals and the blocks of fields."""
    sd = residual.std(axis=0)
    varies = sd > 1e-9 * sd.max()
    scaled = (residual - residual.mean(axis=0)) / np.where(varies, sd, np.inf)
    correlation = np.clip(scaled.T @ scaled / len(scaled), 0, 1)
    kernel = np.where(varies[:, None], (correlation * same_field) ** POWER, np.eye(len(sd)))
    kernel = kernel / kernel.sum(axis=1, keepdims=True)
    return kernel @ kernel


def calibrate(
    moments: dict[str, Any],
    kernel: Float[np.ndarray, "d d"],
    u: Float[np.ndarray, " q"],
    values: Float[np.ndarray, "n d"],
    draws: Float[np.ndarray, "m d"],
) -> Float[np.ndarray, "n d"]:
    """Samples `values` at u with the moments of `draws` replaced; constant coordinates only shift."""
    center, own = draws.mean(axis=0), draws.std(axis=0)
    wanted = sd_at(moments, u[None])[0]
    varies = own > 1e-9 * wanted + 1e-12 * np.abs(center)
    ratio = kernel @ np.divide(wanted, own, out=np.ones_like(own), where=varies)
    return mean_at(moments, u[None]) + ratio * (values - center)


def sobol_normal(n: int, k: int, key: Key[Array, ""]) -> Float[np.ndarray, "n k"]:
    """A scrambled Sobol set of k normal coordinates, n a power of two or 0: draws whose moments err little."""
    if n == 0:
        return np.zeros((0, k))
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    return norm.ppf(np.clip(qmc.Sobol(k, rng=rng).random(n), 1e-12, 1 - 1e-12))
