"""How a problem's runs are made: compiled and batched where it is traceable, outside JAX where it is hosted.

Recorded runs are handed out instead.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.clock import Clock
from sgmbench.core.hosted_simulation import HostedSimulation
from sgmbench.core.problem import Hosted, Problem, Recorded, Traceable
from sgmbench.core.progress import Progress, silent
from sgmbench.core.recorded_runs import RecordedRuns
from sgmbench.core.runs import Runs
from sgmbench.core.simulation import Simulation

SIMULATIONS = {Traceable: Simulation, Hosted: HostedSimulation, Recorded: RecordedRuns}


@runtime_checkable
class MakesRuns(Protocol):
    """A problem made ready to run."""

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """The first n runs of a stream, at z where it was prepared for conditions."""
        ...

    def at(self, normal: Float[np.ndarray, "n k"], *, z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """Runs of given standard normal vectors, a row each: xi at a condition, else zeta and then xi."""
        ...


def simulation_class(problem: Problem) -> type:
    """The class that makes the runs of a problem.

    Raises:
        TypeError: the problem does not say where its runs come from.
    """
    for kind, simulation in SIMULATIONS.items():
        if isinstance(problem, kind):
            return simulation
    *most, last = (kind.__name__ for kind in SIMULATIONS)
    kinds = f"{', '.join(most)} or {last}"
    raise TypeError(f"derive {type(problem).__name__} from {kinds}, so that it is known where its runs come from")


def prepare(
    problem: Problem, clock: Clock, *, at_condition: bool, padded: bool = False, grows: bool = False
) -> MakesRuns:
    """The problem made ready to run; for many different small numbers of runs, or for large ones (see `Simulation`)."""
    options = {"padded": padded, "grows": grows} if isinstance(problem, Traceable) else {}
    return simulation_class(problem)(problem, clock, at_condition=at_condition, **options)
