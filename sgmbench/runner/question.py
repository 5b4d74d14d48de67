"""Question: a target asked of one problem, and all that depends on which target it is.

                 given                        learned    samples       the truth
    marginal     nothing                      y          y             runs with z from the prior
    conditional  z, as 2 F(z) - 1             y          y             runs at z
    posterior    data, as normal scores       zeta       z = T(zeta)   exact draws, or long chains

Pairs are made of training runs, which are the same for all targets. The instrument's noise in them is a stream of its
own beside each stream of runs, so that all methods see the same data.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.clock import Clock, Phase
from sgmbench.core.germs import Germs
from sgmbench.core.inverse import Inverse, data_of, normal_coordinates, normal_scores, parameters_of
from sgmbench.core.method import Surrogate
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Problem, Traceable, uniform_coordinates
from sgmbench.core.runs import Pairs, Runs
from sgmbench.errors import CellError
from sgmbench.montecarlo.posterior_runs import PosteriorRuns

Rows = Callable[[Float[np.ndarray, "n a"]], Float[np.ndarray, "n b"]]
MakesTruth = Callable[..., Runs]


@dataclass(frozen=True)
class Lesson:
    """What a Generator learns of a question.

    Attributes:
        pairs: made of training runs, failed ones left out.
        coordinates: of what is given, from its values.
        values: of samples, from what was learned.
    """

    pairs: Pairs
    coordinates: Rows
    values: Rows


@dataclass(frozen=True)
class Question(ABC):
    """A target asked of a problem.

    Attributes:
        problem: what is run.
    """

    is_conditional: ClassVar[bool]

    problem: Problem

    @property
    @abstractmethod
    def answer(self) -> Problem:
        """The problem whose outputs the samples are: it has their layout."""

    @abstractmethod
    def truth(self, *, is_given: bool) -> MakesTruth:
        """Makes ready to draw references, where something is given or not."""

    @abstractmethod
    def lesson(self, runs: Runs, *, noise: Key[Array, ""]) -> Lesson:
        """What training runs teach; `noise` is the instrument's."""

    @abstractmethod
    def germs(self, method: Surrogate, *, clock: Clock, phase: Phase) -> Germs:
        """What of the randomness a Surrogate sees, drawn for a phase of its work."""


@dataclass(frozen=True)
class Forward(Question):
    """Of outputs y."""

    @property
    def answer(self):
        return self.problem

    def truth(self, *, is_given):
        return prepare(self.problem, Clock(), at_condition=is_given)

    def lesson(self, runs, *, noise):
        z, y = runs.z[runs.ok], runs.y[runs.ok]
        return Lesson(Pairs(self.coordinates(z), y), self.coordinates, lambda learned: learned)

    @abstractmethod
    def coordinates(self, z: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n q"]:
        """What is given, in [-1, 1]."""

    def germs(self, method, *, clock, phase):
        return Germs(
            self.problem, conditional=self.is_conditional, features=method.takes_features, clock=clock, phase=phase
        )


@dataclass(frozen=True)
class MarginalQuestion(Forward):
    """P(y)."""

    is_conditional = False

    def coordinates(self, z):
        return np.zeros((len(z), 0))


@dataclass(frozen=True)
class ConditionalQuestion(Forward):
    """P(y given z)."""

    is_conditional = True

    def coordinates(self, z):
        return np.asarray(uniform_coordinates(self.problem, jnp.asarray(z)))


@dataclass(frozen=True)
class PosteriorQuestion(Question):
    """P(z given data)."""

    is_conditional = True

    @property
    def answer(self):
        return Inverse(self.problem)

    def truth(self, *, is_given):
        assert isinstance(self.problem, Traceable)
        return PosteriorRuns(self.problem, Clock())

    def lesson(self, runs, *, noise):
        data = data_of(self.problem, runs, key=noise)
        used = runs.ok & np.all(np.isfinite(data), axis=1)
        scores = normal_scores(data[used])
        pairs = Pairs(scores(data[used]), normal_coordinates(self.problem, runs.z[used]))
        return Lesson(pairs, scores, lambda zeta: parameters_of(self.problem, zeta))

    def germs(self, method, *, clock, phase):
        raise CellError(f"{type(method).__name__} predicts y, and a posterior is a law of z; remove one of them")


QUESTIONS: dict[str, type[Question]] = {
    "marginal": MarginalQuestion,
    "conditional": ConditionalQuestion,
    "posterior": PosteriorQuestion,
}
"""By the name of the target."""
