"""Method: how samples of a target are made. There are two kinds and no more.

A **Sampler** spends solver runs to make samples. A **Generator** fits pairs (given, learned) from solver runs, then
samples without the solver; its Fit is a nested dictionary of arrays, so that the store can keep it without pickling,
and one Fit serves every condition asked.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.checkpoints import Checkpoints, no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.layout import Layout
from sgmbench.core.place import Place
from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.progress import Progress
from sgmbench.core.runs import Pairs
from sgmbench.core.samples import Samples

Fit = dict[str, Any]
Stream = Key[Array, ""]
Given = tuple[float, ...]


@dataclass(frozen=True)
class Delivery:
    """What a Sampler gives for one condition.

    Attributes:
        samples: the weighted set.
        solver_runs: runs asked for, in runs of the finest level.
        executed_runs: lanes that the device really ran, likewise.
        gradients: how many of the runs asked for were differentiated, too.
        time_gradient: measures what such a run counts as, in runs that are not; None where there are none. What it runs
            is the instrument's, and no part of the cost.
        diagnostics: what the method tells of itself, as JSON can hold it.
        invalid: why the samples are not what they should be, a sentence each; none as a rule.
    """

    samples: Samples
    solver_runs: float
    executed_runs: float
    gradients: float = 0.0
    time_gradient: Callable[[], float] | None = None
    diagnostics: dict[str, Any] = field(default_factory=dict)
    invalid: tuple[str, ...] = ()


class Sampler(ABC):
    """A method that spends solver runs for each condition.

    `targets` names what it can sample, `requires` capabilities of the problem. `sees_germ` says whether it chooses or
    knows xi, which a user's model may hide.
    """

    targets: ClassVar[tuple[str, ...]] = ("marginal", "conditional")
    requires: ClassVar[tuple[type, ...]] = ()
    sees_germ: ClassVar[bool] = False

    @abstractmethod
    def prepare(
        self, problem: Problem, *, at_condition: bool, clock: Clock
    ) -> Callable[[Given, int, Stream], Delivery]:
        """Makes ready, once, to deliver samples: a function of (z, budget in fine runs, stream).

        It samples P(y given z) where `at_condition`, else P(y), and z is then empty. For a posterior data stand in the
        place of z; for a decomposition z is empty, and the samples say which z each row is of.
        """

    def refusals(self, layout: Layout) -> dict[Place, str]:
        """Hyperparameters that no runs of this layout can work with: where, why not, and what to write instead."""
        return {}

    def unsuited(self, problem: Problem) -> str:
        """Why it cannot work on a problem that has all that it requires, as one on its last level; else empty."""
        return ""


class Generator(ABC):
    """A method that learns from runs and samples without the solver.

    `resamples` says whether its samples are its runs, or lie about them, by construction: that they are copies is then
    nothing against it.
    """

    targets: ClassVar[tuple[str, ...]] = ("marginal", "conditional", "posterior", "predictive", "decomposition")
    requires: ClassVar[tuple[type, ...]] = ()
    sees_germ: ClassVar[bool] = False
    resamples: ClassVar[bool] = False

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

    def refusals(self, layout: Layout) -> dict[Place, str]:
        """Hyperparameters that no runs of this layout can work with: where, why not, and what to write instead."""
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


FreshGerms = Callable[[Float[np.ndarray, " q"], int, Stream], Float[np.ndarray, "n k"]]
Map = Callable[[Float[np.ndarray, "n q"], Float[np.ndarray, "n k"]], Float[np.ndarray, "n d"]]


def no_germs(given: Float[np.ndarray, " q"], n: int, key: Stream) -> Float[np.ndarray, "n k"]:
    """Of a problem without any."""
    return np.zeros((n, 0))


class Surrogate(Generator):
    """A Generator that sees the germ: it learns the deterministic map, and its samples are images of fresh germs.

    Where the germ is known and of low dimension nothing that ignores it can be as good; where it is hidden there is no
    such map to learn.
    """

    targets = ("marginal", "conditional", "decomposition")
    sees_germ = True
    takes_features: ClassVar[bool] = False

    @abstractmethod
    def prepare_map(self, fit: Fit, *, clock: Clock) -> Map:
        """Makes ready, once, to predict y: a function of rows (given, germ)."""

    def prepare(self, fit, *, clock, germs: FreshGerms = no_germs):
        predict = self.prepare_map(fit, clock=clock)

        def sample(given, n, key):
            return predict(np.tile(given, (n, 1)), germs(given, n, key))

        return sample


Method = Sampler | Generator


def refusal(method: Method, problem: Problem) -> str | None:
    """Why this method cannot work on this problem, or None."""
    missing = [needed.__name__ for needed in method.requires if not isinstance(problem, needed)]
    name, on = type(method).__name__, type(problem).__name__
    if missing:
        return f"{name} needs a problem that is {' and '.join(missing)}; {on} is not"
    if method.sees_germ and isinstance(problem, Recorded):
        return f"{name} needs the germ of each run, and of the runs of {on} none is recorded"
    return (method.unsuited(problem) or None) if isinstance(method, Sampler) else None
