"""Variance preserving on the quarter circle: alpha = cos(pi t / 2), sigma = sin(pi t / 2).

Source: A. Nichol, P. Dhariwal, "Improved Denoising Diffusion Probabilistic Models" (2021), in continuous time, where
their offset s is not needed.
"""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Gt, Lt

from sgmbench.diffusion.noise import Level, Noise, check_start


@dataclass(frozen=True)
class VPCosine(Noise):
    """Variance preserving: data and noise as cosine and sine of time.

    Attributes:
        start: time at which sampling begins; at 1 nothing would be left of the data, and lambda be infinite.
        end: time at which it ends.
    """

    start: Annotated[float, Gt(0), Lt(1)] = 0.995
    end: Annotated[float, Gt(0), Lt(1)] = 5e-3

    def __post_init__(self) -> None:
        if self.end >= self.start:
            raise ValueError(f"end: {self.end} is not below start, {self.start}")
        check_start(self.start)

    @property
    def t_min(self):
        return self.end

    @property
    def t_max(self):
        return self.start

    def alpha(self, t):
        return jnp.cos(jnp.pi / 2 * t)

    def sigma(self, t):
        return jnp.sin(jnp.pi / 2 * t)

    def time(self, lambda_):
        return 2 / jnp.pi * jnp.atan(jnp.exp(-lambda_))

    def velocity(self, t):
        """By the angle: a = -sigma, b = alpha."""
        alpha, sigma = self.level(t)
        return Level(-sigma, alpha)
