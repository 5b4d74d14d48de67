"""Tsitouras' 5/4 pair for the probability flow in lambda, with steps that adapt to a tolerance.

The error is the rms over the whole batch: all of its samples share the steps.
"""

from dataclasses import dataclass
from typing import Annotated

import diffrax
from annotated_types import Ge, Gt

from sgmbench.diffusion.dynamics import log_snr_terms
from sgmbench.diffusion.grids import times
from sgmbench.diffusion.sampler import Integration, ReverseSampler


@dataclass(frozen=True)
class Tsit5(ReverseSampler):
    """Adaptive Runge-Kutta steps of order 5 of the probability flow.

    Attributes:
        tolerance: relative and absolute, beside data of unit variance.
        most_steps: where it gives up, and the samples are NaN.
    """

    tolerance: Annotated[float, Gt(0)] = 1e-3
    most_steps: Annotated[int, Ge(1)] = 4096

    evaluations_a_step = 6

    @property
    def step_count(self):
        return self.most_steps

    @property
    def evaluations(self):
        return None

    def integration(self, denoise, noise, paths):
        controller = diffrax.PIDController(rtol=self.tolerance, atol=self.tolerance)
        ends = noise.lambdas(times(noise, "log_snr", 1))
        return Integration(log_snr_terms(denoise), diffrax.Tsit5(), ends, scaled=False, controller=controller)
