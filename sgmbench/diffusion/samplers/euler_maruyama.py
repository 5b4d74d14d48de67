"""Euler-Maruyama for the reverse SDE in the noise's own time: weak order 1."""

from dataclasses import dataclass
from typing import Annotated

import diffrax
from annotated_types import Ge, Gt

from sgmbench.diffusion.dynamics import own_time_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler


@dataclass(frozen=True)
class EulerMaruyama(ReverseSampler):
    """Euler-Maruyama steps of the reverse SDE.

    Attributes:
        steps: one denoiser evaluation each.
        grid: where they end.
        eta: 1 the reverse SDE; between 0 and 1 less of its noise.
    """

    steps: Annotated[int, Ge(1)] = 200
    grid: Grid = "karras"
    eta: Annotated[float, Gt(0)] = 1.0

    @property
    def path_count(self):
        return 1

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        terms = own_time_terms(denoise, noise, eta=self.eta, path=paths[0])
        return Integration(terms, diffrax.Euler(), -times(noise, self.grid, self.steps), scaled=True)
