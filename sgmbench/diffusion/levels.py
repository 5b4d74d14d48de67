"""At which noise levels a network is trained: laws of t, or of the noise's ratio exp(-lambda) = sigma / alpha.

log_normal    log ratio ~ N(mean, sd^2)                     Karras et al. (2022)
log_uniform   log ratio uniform between the noise's ends
uniform       t uniform                                     Song et al. (2021)
quadratic     t = t_min + (t_max - t_min) u^2, u uniform: more small noise
"""

from typing import Literal

import jax.numpy as jnp
from jax.scipy.special import ndtri

from sgmbench.diffusion.noise import Noise, Time

Law = Literal["log_normal", "log_uniform", "uniform", "quadratic"]


def training_times(noise: Noise, law: Law, quantile: Time, *, log_mean: float, log_sd: float) -> Time:
    """The times of some quantiles in (0, 1), increasing in them."""
    if law == "log_normal":
        return noise.time(-(log_mean + log_sd * ndtri(quantile)))
    ends = jnp.asarray([noise.t_min, noise.t_max], quantile.dtype)
    if law == "log_uniform":
        low, high = -noise.lambda_(ends)
        return noise.time(-(low + (high - low) * quantile))
    u = quantile if law == "uniform" else quantile**2
    return ends[0] + (ends[1] - ends[0]) * u
