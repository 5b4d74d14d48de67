"""sigma itself as time: alpha = 1, sigma = t.

Source: T. Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), table 1.
"""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Gt

from sgmbench.diffusion.noise import Noise, check_largest


@dataclass(frozen=True)
class EDM(Noise):
    """The noise level itself as time, the data never scaled.

    Attributes:
        sigma_max: noise level at which sampling begins, in standard deviations of the data.
        sigma_min: noise level at which it ends.
    """

    sigma_max: Annotated[float, Gt(0)] = 20.0
    sigma_min: Annotated[float, Gt(0)] = 0.01

    def __post_init__(self) -> None:
        if self.sigma_min >= self.sigma_max:
            raise ValueError(f"sigma_min: {self.sigma_min} is not below sigma_max, {self.sigma_max}")
        check_largest("sigma_max", self.sigma_max)

    @property
    def t_min(self):
        return self.sigma_min

    @property
    def t_max(self):
        return self.sigma_max

    def alpha(self, t):
        return jnp.ones_like(t)

    def sigma(self, t):
        return t

    def time(self, lambda_):
        return jnp.exp(-lambda_)
