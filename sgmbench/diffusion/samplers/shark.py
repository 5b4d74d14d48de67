"""Shifted additive-noise Runge-Kutta (ShARK) for the reverse SDE in the noise's own time: strong order 1.5.

Source: J. Foster, G. dos Reis, C. Strange, "High order splitting methods for SDEs satisfying a commutativity condition"
(2023), eq. 6.1.
"""

from dataclasses import dataclass
from typing import Annotated

import diffrax
from annotated_types import Ge, Gt

from sgmbench.diffusion.dynamics import own_time_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler


@dataclass(frozen=True)
class ShARK(ReverseSampler):
    """Stochastic Runge-Kutta steps (ShARK) of the reverse SDE.

    Attributes:
        steps: two denoiser evaluations each.
        grid: where they end.
        eta: 1 the reverse SDE; between 0 and 1 less of its noise.
    """

    steps: Annotated[int, Ge(1)] = 50
    grid: Grid = "karras"
    eta: Annotated[float, Gt(0)] = 1.0

    levy_area = True
    evaluations_a_step = 2

    @property
    def path_count(self):
        return 1

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        terms = own_time_terms(denoise, noise, eta=self.eta, path=paths[0])
        return Integration(terms, diffrax.ShARK(), -times(noise, self.grid, self.steps), scaled=True)
