"""DPM-Solver++(2M) for the probability flow in lambda: order 2 at one evaluation a step."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from sgmbench.diffusion.dynamics import log_snr_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler
from sgmbench.diffusion.solvers.multistep import DPMSolverPP2M


@dataclass(frozen=True)
class DPMpp2M(ReverseSampler):
    """DPM-Solver++(2M): multistep exponential steps of the probability flow.

    Attributes:
        steps: one denoiser evaluation each.
        grid: where they end.
    """

    steps: Annotated[int, Ge(1)] = 25
    grid: Grid = "karras"

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        grid = noise.lambdas(times(noise, self.grid, self.steps))
        return Integration(log_snr_terms(denoise), DPMSolverPP2M(), grid, scaled=False)
