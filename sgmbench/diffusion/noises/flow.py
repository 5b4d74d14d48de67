"""The straight line from data to noise: alpha = 1 - t, sigma = t, with the velocity n - y.

It is defined by its flow; a network that predicts the velocity is a rectified flow, or flow matching. Sources: X. Liu
et al., "Flow Straight and Fast" (2023); Y. Lipman et al., "Flow Matching for Generative Modeling" (2023).
"""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Gt, Lt

from sgmbench.diffusion.noise import Noise, check_start


@dataclass(frozen=True)
class Flow(Noise):
    """The straight line between data and noise, as in flow matching.

    Attributes:
        start: time at which sampling begins; at 1 nothing would be left of the data, and lambda be infinite.
        end: time at which it ends.
    """

    start: Annotated[float, Gt(0), Lt(1)] = 0.995
    end: Annotated[float, Gt(0), Lt(1)] = 0.01

    has_sde = False

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
        return 1 - t

    def sigma(self, t):
        return t

    def time(self, lambda_):
        return 1 / (1 + jnp.exp(lambda_))
