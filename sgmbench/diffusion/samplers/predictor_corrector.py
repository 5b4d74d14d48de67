"""Predictor-corrector: Euler-Maruyama in the noise's own time, and a Langevin step at each new level.

The Langevin step is tau = 2 (snr sigma)^2: that of Song et al. (2021) where the score is that of the noise alone,
|s| = k^(1/2) / sigma, and without coupling the rows of a batch by its mean norm.
"""

from dataclasses import dataclass
from typing import Annotated

import diffrax
from annotated_types import Ge, Gt

from sgmbench.diffusion.dynamics import epsilon, noise_term, own_time_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler
from sgmbench.diffusion.solvers.predictor_corrector import PredictorCorrector as Solver


@dataclass(frozen=True)
class PredictorCorrector(ReverseSampler):
    """Steps of the reverse SDE, each followed by a step of Langevin dynamics.

    Attributes:
        steps: two denoiser evaluations each.
        grid: where they end.
        snr: length of the Langevin step: its drift beside its noise.
    """

    steps: Annotated[int, Ge(1)] = 100
    grid: Grid = "karras"
    snr: Annotated[float, Gt(0)] = 0.16

    evaluations_a_step = 2

    @property
    def path_count(self):
        return 2

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        def pull(s, x, args):
            """tau times the score, -epsilon / sigma."""
            level = noise.level(-s)
            return -2 * self.snr**2 * level.sigma * epsilon(denoise, x, level, args)

        predictor: diffrax.MultiTerm = own_time_terms(denoise, noise, eta=1.0, path=paths[0])  # pyright: ignore
        kick = noise_term(paths[1], lambda s: 2 * self.snr * noise.sigma(-s))
        terms = diffrax.MultiTerm(*predictor.terms, diffrax.ODETerm(pull), kick)
        return Integration(terms, Solver(), -times(noise, self.grid, self.steps), scaled=True)
