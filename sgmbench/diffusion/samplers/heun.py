"""Heun's method in the noise's own time: order 2 for the probability flow.

With `eta` it is stochastic Heun for the reverse SDE, with `churn` it adds noise anew before each step of the flow.

Under `edm` noise it is the sampler of T. Karras et al. (2022), algorithms 1 and 2, whose last step, from the smallest
noise to none, is one evaluation of D here.
"""

from dataclasses import dataclass
from typing import Annotated

import diffrax
import jax.numpy as jnp
from annotated_types import Ge, Gt

from sgmbench.diffusion.dynamics import noise_term, own_time_terms
from sgmbench.diffusion.grids import Grid, times
from sgmbench.diffusion.sampler import Integration, ReverseSampler
from sgmbench.diffusion.solvers.churned_heun import ChurnedHeun


@dataclass(frozen=True)
class Heun(ReverseSampler):
    """Heun's steps of the probability flow, with optional churn (EDM), or of the reverse SDE.

    Attributes:
        steps: two denoiser evaluations each.
        grid: where they end.
        eta: 0 the probability flow, 1 the reverse SDE.
        churn: how much noise is added anew over all steps; 0 keeps the flow deterministic.
        churn_from: smallest noise, in data, at which some is added.
        churn_to: largest one.
        inflation: standard deviation of what is added, 1 in theory.
    """

    steps: Annotated[int, Ge(1)] = 18
    grid: Grid = "karras"
    eta: Annotated[float, Ge(0)] = 0.0
    churn: Annotated[float, Ge(0)] = 0.0
    churn_from: Annotated[float, Ge(0)] = 0.0
    churn_to: Annotated[float, Gt(0)] = 1e3
    inflation: Annotated[float, Gt(0)] = 1.0

    evaluations_a_step = 2
    optional_noise = ("churn", "eta")

    def __post_init__(self) -> None:
        if self.eta and self.churn:
            raise ValueError(f"churn: {self.churn} is noise beside that of eta: {self.eta}; leave one at 0")

    @property
    def path_count(self):
        return 1 if self.churn or self.eta else 0

    @property
    def step_count(self):
        return self.steps

    def integration(self, denoise, noise, paths):
        grid = -times(noise, self.grid, self.steps)
        if not self.churn:
            terms = own_time_terms(denoise, noise, eta=self.eta, path=paths[0] if paths else None)
            return Integration(terms, diffrax.Heun(), grid, scaled=True)
        gamma = min(self.churn / self.steps, 2**0.5 - 1)
        solver = ChurnedHeun(noise, gamma, self.churn_from, self.churn_to, self.inflation)
        flow = own_time_terms(denoise, noise)
        both = diffrax.MultiTerm(flow, noise_term(paths[0], lambda s: jnp.ones_like(s)))
        return Integration(both, solver, grid, scaled=True)
