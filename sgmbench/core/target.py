"""Target: the distribution that is asked for.

    marginal       P(y)
    conditional    P(y given z)
    posterior      P(z given data)
    predictive     P(y given data)
    decomposition  Var E[y given z] against E Var[y given z], and the law over z of P(y > t given z)

A target says at which conditions it is scored and what the fields of its samples are. How runs answer it is in
`runner.question`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Len

from sgmbench.core.inverse import Inverse, draw_observations
from sgmbench.core.layout import Layout
from sgmbench.core.problem import Problem, Recorded, transport
from sgmbench.core.rng import draw_normal, stream

Values = tuple[float, ...]


@dataclass(frozen=True)
class Condition:
    """Where a target is scored: at z, at data, or at neither for the one "condition" of a marginal.

    `pairs` is how many held-out runs, each at a z of its own, stand in for it where no z repeats; else 0.
    """

    name: str
    z: tuple[float, ...] | None = None
    data: tuple[float, ...] | None = None
    is_listed: bool = True
    pairs: int = 0


class Target(ABC):
    """One question about a problem."""

    name: ClassVar[str]

    @abstractmethod
    def scored_at(self, problem: Problem, *, evaluation_seed: int) -> list[Condition]:
        """Listed conditions, then drawn ones; raises UsageError where none can be drawn."""

    @abstractmethod
    def layout(self, problem: Problem) -> Layout:
        """The fields of its samples."""


@dataclass(frozen=True)
class Marginal(Target):
    """P(y): epistemic and aleatoric together."""

    name: ClassVar[str] = "marginal"

    def scored_at(self, problem, *, evaluation_seed):
        return [Condition("all")]

    def layout(self, problem):
        return problem.layout


@dataclass(frozen=True)
class Conditional(Target):
    """P(y given z) at each condition: the aleatoric law at fixed parameters.

    `conditions` are listed by parameter name; `drawn` more come from the prior by the experiment's evaluation seed,
    which development never used. Of recorded runs, `drawn` held-out ones are taken as they are, with the z they have.
    """

    name: ClassVar[str] = "conditional"

    conditions: Annotated[tuple[dict[str, float], ...], Len(0)] = ()
    drawn: Annotated[int, Ge(0)] = 0

    def scored_at(self, problem, *, evaluation_seed):
        if isinstance(problem, Recorded):
            return [Condition("held_out", is_listed=False, pairs=self.drawn)]
        names = [parameter.name for parameter in problem.parameters]
        listed = [tuple(float(at[name]) for name in names) for at in self.conditions]
        key = stream(evaluation_seed, "conditions")
        drawn = (transport(problem, draw_normal(key, jnp.asarray(i), len(names))) for i in range(self.drawn))
        every = _named(listed, [tuple(np.asarray(z).tolist()) for z in drawn])
        return [Condition(name, z=z, is_listed=is_listed) for name, z, is_listed in every]

    def layout(self, problem):
        return problem.layout


@dataclass(frozen=True)
class Posterior(Target):
    """P(z given data): what each observation tells of the parameters.

    `observations` are lists of data as the problem's instrument gives them; `drawn` more come from the prior predictive
    law (z, xi, then the instrument's noise) by the experiment's evaluation seed.
    """

    name: ClassVar[str] = "posterior"

    observations: Annotated[tuple[tuple[float, ...], ...], Len(0)] = ()
    drawn: Annotated[int, Ge(0)] = 0

    def scored_at(self, problem, *, evaluation_seed):
        listed = [tuple(float(value) for value in data) for data in self.observations]
        every = _named(listed, draw_observations(problem, self.drawn, seed=evaluation_seed))
        return [Condition(name, data=data, is_listed=is_listed) for name, data, is_listed in every]

    def layout(self, problem):
        return Inverse(problem).layout


@dataclass(frozen=True)
class Predictive(Posterior):
    """P(y given data): all outputs of the run that each observation is of, its germ included."""

    name: ClassVar[str] = "predictive"

    def layout(self, problem):
        return problem.layout


@dataclass(frozen=True)
class Decomposition(Target):
    """Epistemic against aleatoric variance of each field, and the law over z of P(y > t given z).

    Attributes:
        inner: runs of the truth at each z; the reference's size counts all of its runs.
    """

    name: ClassVar[str] = "decomposition"

    inner: Annotated[int, Ge(2)] = 20

    def scored_at(self, problem, *, evaluation_seed):
        return [Condition("all")]

    def layout(self, problem):
        return problem.layout


def _named(listed: Sequence[Values], drawn: Sequence[Values]) -> list[tuple[str, Values, bool]]:
    """c1, c2, ... and d01, d02, ..., what is given there, and whether it is listed."""
    named = [(f"c{i}", values, True) for i, values in enumerate(listed, start=1)]
    return named + [(f"d{i:02d}", values, False) for i, values in enumerate(drawn, start=1)]
