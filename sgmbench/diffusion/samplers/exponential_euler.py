"""Exponential Euler in lambda, which is DDIM: order 1, stable for any step, one evaluation each."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from sgmbench.diffusion.dynamics import log_snr_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler
from sgmbench.diffusion.solvers.exponential import ExponentialEuler as Solver


@dataclass(frozen=True)
class ExponentialEuler(ReverseSampler):
    """Exponential Euler steps (DDIM) of the probability flow or the reverse SDE.

    Attributes:
        steps: one denoiser evaluation each.
        grid: where they end.
        eta: 0 the probability flow, 1 the reverse SDE.
    """

    steps: Annotated[int, Ge(1)] = 50
    grid: Grid = "karras"
    eta: Annotated[float, Ge(0)] = 0.0

    optional_noise = ("eta",)

    @property
    def path_count(self):
        return 1 if self.eta else 0

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        terms = log_snr_terms(denoise, eta=self.eta, path=paths[0] if paths else None)
        return Integration(terms, Solver(self.eta), noise.lambdas(times(noise, self.grid, self.steps)), scaled=False)
