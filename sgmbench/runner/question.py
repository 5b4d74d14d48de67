"""Question: a target asked of one problem, and all that depends on which target it is.

                   given                      learned    samples       the truth
    marginal       nothing                    y          y             runs with z from the prior
    conditional    z, as 2 F(z) - 1           y          y             runs at z
    posterior      data, as normal scores     zeta       z = T(zeta)   exact draws, or long chains
    predictive     data, as normal scores     y          y             these, pushed through G
    decomposition  z, as 2 F(z) - 1           y          y             several runs at each z from the prior

Pairs are made of training runs, which are the same for all targets. The instrument's noise in them is a stream of its
own beside each stream of runs, so that all methods see the same data.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from sgmbench.core.clock import Clock, Phase
from sgmbench.core.germs import Germs
from sgmbench.core.inverse import Inverse, Predicted, data_of, normal_coordinates, normal_scores, parameters_of
from sgmbench.core.method import Surrogate
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Problem, Traceable, uniform_coordinates
from sgmbench.core.runs import Pairs, Runs
from sgmbench.errors import CellError
from sgmbench.montecarlo.nested import NestedRuns, which_z
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

    @property
    def asked(self) -> Problem:
        """The problem that Samplers are given."""
        return self.problem

    @abstractmethod
    def truth(self, *, is_given: bool) -> MakesTruth:
        """Makes ready to draw references, where something is given or not."""

    def outer(self, n: int) -> Int[np.ndarray, " n"] | None:
        """Which z each of n runs of the truth is of, where several of them are of one."""
        return None

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

    def truth(self, *, is_given) -> MakesTruth:
        return prepare(self.problem, Clock(), at_condition=is_given, grows=True)

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
class DecompositionQuestion(ConditionalQuestion):
    """P(y given z) for every z of the prior.

    Attributes:
        inner: runs of the truth at each z.
    """

    inner: int

    def truth(self, *, is_given):
        return NestedRuns(self.problem, Clock(), inner=lambda n: self.inner)

    def outer(self, n):
        return which_z(n, self.inner)


@dataclass(frozen=True)
class PosteriorQuestion(Question):
    """P(z given data)."""

    is_conditional = True

    @property
    def answer(self) -> Problem:
        return Inverse(self.problem)

    def truth(self, *, is_given):
        assert isinstance(self.problem, Traceable)
        return PosteriorRuns(self.problem, Clock())

    def lesson(self, runs, *, noise):
        data, used = self._data(runs, noise)
        scores = normal_scores(data)
        pairs = Pairs(scores(data), normal_coordinates(self.problem, runs.z[used]))
        return Lesson(pairs, scores, lambda zeta: parameters_of(self.problem, zeta))

    def _data(self, runs: Runs, noise: Key[Array, ""]) -> tuple[Float[np.ndarray, "n k"], Bool[np.ndarray, " m"]]:
        """Data of the runs that have them, and which these are."""
        data = data_of(self.problem, runs, key=noise)
        used = runs.ok & np.all(np.isfinite(data), axis=1)
        return data[used], used

    def germs(self, method, *, clock, phase):
        raise CellError(f"{type(method).__name__} predicts y from inputs that data do not give; remove one of them")


@dataclass(frozen=True)
class PredictiveQuestion(PosteriorQuestion):
    """P(y given data)."""

    @property
    def answer(self):
        return self.problem

    @property
    def asked(self):
        return Predicted(self.problem)

    def truth(self, *, is_given):
        assert isinstance(self.problem, Traceable)
        return PosteriorRuns(self.problem, Clock(), is_pushed=True)

    def lesson(self, runs, *, noise):
        data, used = self._data(runs, noise)
        scores = normal_scores(data)
        return Lesson(Pairs(scores(data), runs.y[used]), scores, lambda y: y)


QUESTIONS: dict[str, type[Question]] = {
    "marginal": MarginalQuestion,
    "conditional": ConditionalQuestion,
    "posterior": PosteriorQuestion,
    "predictive": PredictiveQuestion,
    "decomposition": DecompositionQuestion,
}
"""By the name of the target."""
