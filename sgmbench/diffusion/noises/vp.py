"""Variance preserving, with a linear rate beta(t) = beta_min + t (beta_max - beta_min):

    B(t) = beta_min t + t^2 (beta_max - beta_min) / 2,    alpha^2 = exp(-B),    sigma^2 = 1 - exp(-B)

The mean left at the end is exp(-B(1) / 2): with a beta_max too small the prior is not reached, see `terminal`. Sources:
J. Ho et al., "Denoising Diffusion Probabilistic Models" (2020); Y. Song et al. (2021), eq. 33.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
from annotated_types import Gt, Lt

from sgmbench.diffusion.noise import MOST_RATIO, Level, Noise, Time


@dataclass(frozen=True)
class VP(Noise):
    """Variance preserving: data shrink as noise grows, at a rate that is linear in time.

    Attributes:
        beta_min: rate at time 0.
        beta_max: rate at time 1.
        end: time at which sampling ends.
    """

    beta_min: Annotated[float, Gt(0)] = 0.1
    beta_max: Annotated[float, Gt(0)] = 20.0
    end: Annotated[float, Gt(0), Lt(1)] = 1e-3

    def __post_init__(self) -> None:
        if self.beta_min >= self.beta_max:
            raise ValueError(f"beta_min: {self.beta_min} is not below beta_max, {self.beta_max}")
        both, most = self.beta_min + self.beta_max, math.floor(4 * math.log(MOST_RATIO))
        if both > most:
            raise ValueError(
                f"beta_max: {self.beta_max} beside beta_min: {self.beta_min} leaves {math.exp(-both / 4):.1g} of the "
                f"data, too little for float32; write a sum of {most} at most"
            )

    @property
    def t_min(self):
        return self.end

    @property
    def t_max(self):
        return 1.0

    def integral(self, t: Time) -> Time:
        """B(t)."""
        return self.beta_min * t + (self.beta_max - self.beta_min) * t**2 / 2

    def time_of_integral(self, B: Time) -> Time:
        """The inverse of `integral`."""
        slope = self.beta_max - self.beta_min
        return 2 * B / (self.beta_min + jnp.sqrt(self.beta_min**2 + 2 * slope * B))

    def alpha(self, t):
        return jnp.exp(-self.integral(t) / 2)

    def sigma(self, t):
        return jnp.sqrt(-jnp.expm1(-self.integral(t)))

    def time(self, lambda_):
        return self.time_of_integral(jax.nn.softplus(-2 * lambda_))

    def velocity(self, t):
        """By the angle whose cosine is alpha: a = -sigma, b = alpha (Salimans, Ho 2022)."""
        alpha, sigma = self.level(t)
        return Level(-sigma, alpha)
