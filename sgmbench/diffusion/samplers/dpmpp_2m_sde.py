"""The SDE form of DPM-Solver++(2M): noise that forgets errors of the score on the way, one evaluation a step."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt

from sgmbench.diffusion.dynamics import log_snr_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler
from sgmbench.diffusion.solvers.multistep import DPMSolverPP2M


@dataclass(frozen=True)
class DPMpp2MSDE(ReverseSampler):
    """DPM-Solver++(2M) SDE: multistep exponential steps of the reverse SDE.

    Attributes:
        steps: one denoiser evaluation each.
        grid: where they end.
        eta: 1 the reverse SDE; between 0 and 1 less of its noise.
    """

    steps: Annotated[int, Ge(1)] = 50
    grid: Grid = "karras"
    eta: Annotated[float, Gt(0)] = 1.0

    @property
    def path_count(self):
        return 1

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        terms = log_snr_terms(denoise, eta=self.eta, path=paths[0])
        grid = noise.lambdas(times(noise, self.grid, self.steps))
        return Integration(terms, DPMSolverPP2M(self.eta), grid, scaled=False)
