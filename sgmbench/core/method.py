"""Method: how samples of a target are made. There are two kinds and no more.

A **Sampler** spends solver runs to make samples. A **Generator** fits pairs (given, learned) from solver runs, then
samples without the solver; its Fit is a nested dictionary of arrays, so that the store can keep it without pickling,
and one Fit serves every condition asked.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.checkpoints import Checkpoints, no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.layout import Layout
from sgmbench.core.problem import Problem
from sgmbench.core.progress import Progress
from sgmbench.core.runs import Pairs
from sgmbench.core.samples import Samples

Fit = dict[str, Any]
Stream = Key[Array, ""]
Condition = tuple[float, ...]


@dataclass(frozen=True)
class Delivery:
    """What a Sampler gives for one condition: samples, runs asked for, runs executed."""

    samples: Samples
    solver_runs: float
    executed_runs: float


class Sampler(ABC):
    """A method that spends solver runs for each condition."""

    requires: ClassVar[tuple[type, ...]] = ()

    @abstractmethod
    def prepare(
        self, problem: Problem, *, at_condition: bool, clock: Clock
    ) -> Callable[[Condition, int, Stream], Delivery]:
        """Makes ready, once, to deliver samples: a function of (z, budget in fine runs, stream).

        It samples P(y given z) where `at_condition`, else P(y), and z is then empty.
        """


class Generator(ABC):
    """A method that learns from runs and samples without the solver."""

    requires: ClassVar[tuple[type, ...]] = ()

    @abstractmethod
    def fit(
        self,
        pairs: Pairs,
        layout: Layout,
        *,
        key: Stream,
        clock: Clock,
        progress: Progress,
        checkpoints: Checkpoints = no_checkpoints,
    ) -> Fit:
        """Learns the law of `learned` given `given`; raises CellError where it cannot.

        Long training keeps its state in `checkpoints` and goes on from the latest, bitwise as if never interrupted.
        """

    @abstractmethod
    def prepare(
        self, fit: Fit, *, clock: Clock
    ) -> Callable[[Float[np.ndarray, " q"], int, Stream], Float[np.ndarray, "n d"]]:
        """Makes ready, once, to sample: a function of (given, n, stream)."""

    def refusals(self, layout: Layout) -> dict[str, str]:
        """Hyperparameters that no runs of this layout can work with: by name, why not, and what to write instead."""
        return {}

    def diagnose(self, fit: Fit, pairs: Pairs, *, key: Stream) -> dict[str, Any]:
        """What a fit tells about itself beyond its samples, as JSON can hold it; not part of its cost."""
        return {}

    def evaluations(self) -> int:
        """Network evaluations a sample."""
        return 0

    def extra_samples(self) -> int:
        """Samples drawn at each condition beyond those delivered."""
        return 0


Method = Sampler | Generator


def refusal(method: Method, problem: Problem) -> str | None:
    """Why this method cannot work on this problem, or None."""
    missing = [needed.__name__ for needed in method.requires if not isinstance(problem, needed)]
    if not missing:
        return None
    name, on = type(method).__name__, type(problem).__name__
    return f"{name} needs a problem that is {' and '.join(missing)}; {on} is not"
