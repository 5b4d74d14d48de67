"""Target: the distribution that is asked for."""

from abc import ABC
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Len


class Target(ABC):
    """One question about a problem."""

    name: ClassVar[str]


@dataclass(frozen=True)
class Conditional(Target):
    """P(y given z) at each condition: the aleatoric law at fixed parameters.

    `conditions` are listed by parameter name; `drawn` more come from the prior by the experiment's evaluation seed,
    which development never used. Of recorded runs, `drawn` held-out ones are taken as they are, with the z they have.
    """

    name: ClassVar[str] = "conditional"

    conditions: Annotated[tuple[dict[str, float], ...], Len(0)] = ()
    drawn: Annotated[int, Ge(0)] = 0


@dataclass(frozen=True)
class Marginal(Target):
    """P(y): epistemic and aleatoric together."""

    name: ClassVar[str] = "marginal"


@dataclass(frozen=True)
class Condition:
    """One value of z at which a conditional target is scored; z is None for the one "condition" of a marginal.

    `pairs` is how many held-out runs, each at a z of its own, stand in for it where no z repeats; else 0.
    """

    name: str
    z: tuple[float, ...] | None
    is_listed: bool = True
    pairs: int = 0
