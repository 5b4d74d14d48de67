"""Sampler: a Diffrax solver of the reverse dynamics on a grid of times."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import diffrax
import numpy as np
from jaxtyping import Float

from sgmbench.diffusion.dynamics import BatchDenoiser
from sgmbench.diffusion.noise import Noise


class Integration(NamedTuple):
    """What `diffeqsolve` is given.

    Attributes:
        terms: the dynamics.
        solver: steps them.
        times: increasing; an adaptive controller uses the first and the last.
        scaled: whether the state is x, or else x / alpha.
        controller: None steps to the times.
    """

    terms: Any
    solver: diffrax.AbstractSolver
    times: Float[np.ndarray, " m"]
    scaled: bool
    controller: diffrax.AbstractStepSizeController | None = None


class ReverseSampler(ABC):
    """One way to carry noise to samples.

    `levy_area`: whether the solver needs the space-time Levy area of its Brownian paths. `evaluations_a_step`: of the
    denoiser. `optional_noise`: hyperparameters that are 0 where it follows the probability flow.
    """

    levy_area: ClassVar[bool] = False
    evaluations_a_step: ClassVar[int] = 1
    optional_noise: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def step_count(self) -> int:
        """Steps of the grid, or at most where they adapt."""

    @abstractmethod
    def integration(self, denoise: BatchDenoiser, noise: Noise, paths: tuple[diffrax.AbstractPath, ...]) -> Integration:
        """The dynamics of a denoiser under a noise, made ready; as many paths as `path_count`."""

    @property
    def path_count(self) -> int:
        """How many independent Brownian paths it is driven by, none for a probability flow."""
        return 0

    @property
    def is_stochastic(self) -> bool:
        """Whether samples depend on more than the noise that they begin with."""
        return self.path_count > 0

    @property
    def evaluations(self) -> int | None:
        """Of the denoiser for one sample, the last one at the smallest noise included; None where steps adapt."""
        return self.evaluations_a_step * self.step_count + 1

    def refusal(self, noise: Noise) -> str | None:
        """Why this sampler cannot run such a noise backwards, and what can; None where it can."""
        if noise.has_sde or not self.is_stochastic:
            return None
        sampler, family = (type(part).__module__.rpartition(".")[2] for part in (self, noise))
        source = next((name for name in self.optional_noise if getattr(self, name)), None)
        if source is not None:
            return (
                f"{sampler} with {source}: {getattr(self, source)} adds noise, and {family} has no reverse SDE, only a "
                f"probability flow; write {source}: 0, or another noise"
            )
        return (
            f"{sampler} solves the reverse SDE, and {family} has none, only a probability flow; "
            "write heun, dpmpp_2m, exponential_euler or tsit5, or another noise"
        )
