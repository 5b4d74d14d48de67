"""Sub-variance preserving: the alpha of `vp`, with less noise on the way to the same end.

    alpha^2 = exp(-B(t)),    sigma = 1 - exp(-B(t))

Source: Y. Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations" (2021), eq. 29.
"""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Gt, Lt

from sgmbench.diffusion.noise import Noise
from sgmbench.diffusion.noises.vp import VP


@dataclass(frozen=True)
class SubVP(Noise):
    """Sub-variance preserving: like vp, with a variance that never exceeds its.

    Attributes:
        beta_min: rate at time 0.
        beta_max: rate at time 1.
        end: time at which sampling ends.
    """

    beta_min: Annotated[float, Gt(0)] = 0.1
    beta_max: Annotated[float, Gt(0)] = 20.0
    end: Annotated[float, Gt(0), Lt(1)] = 0.02

    def __post_init__(self) -> None:
        _ = self._vp

    @property
    def t_min(self):
        return self.end

    @property
    def t_max(self):
        return 1.0

    def alpha(self, t):
        return self._vp.alpha(t)

    def sigma(self, t):
        return -jnp.expm1(-self._vp.integral(t))

    def time(self, lambda_):
        """exp(-lambda) = (1 - alpha^2) / alpha = 2 sinh(B / 2)."""
        return self._vp.time_of_integral(2 * jnp.arcsinh(jnp.exp(-lambda_) / 2))

    @property
    def _vp(self) -> VP:
        return VP(self.beta_min, self.beta_max, self.end)
