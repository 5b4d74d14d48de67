"""Variance exploding: alpha = 1, sigma = sigma_min (sigma_max / sigma_min)^t, a geometric growth of the noise.

Source: Y. Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations" (2021), eq. 30.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Gt

from sgmbench.diffusion.noise import Noise, check_largest


@dataclass(frozen=True)
class VE(Noise):
    """Variance exploding: noise that grows geometrically in time.

    Attributes:
        sigma_max: noise level at time 1, in standard deviations of the data.
        sigma_min: noise level at time 0.
    """

    sigma_max: Annotated[float, Gt(0)] = 50.0
    sigma_min: Annotated[float, Gt(0)] = 0.01

    def __post_init__(self) -> None:
        if self.sigma_min >= self.sigma_max:
            raise ValueError(f"sigma_min: {self.sigma_min} is not below sigma_max, {self.sigma_max}")
        check_largest("sigma_max", self.sigma_max)

    @property
    def t_min(self):
        return 0.0

    @property
    def t_max(self):
        return 1.0

    @property
    def growth(self) -> float:
        """log(sigma_max / sigma_min)."""
        return math.log(self.sigma_max / self.sigma_min)

    def alpha(self, t):
        return jnp.ones_like(t)

    def sigma(self, t):
        return self.sigma_min * jnp.exp(self.growth * t)

    def time(self, lambda_):
        return (-lambda_ - math.log(self.sigma_min)) / self.growth
