"""Runs of a recorded problem: the first rows of what there is, whatever the stream. The rows are in random order."""

import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.clock import Clock
from sgmbench.core.problem import Recorded
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs
from sgmbench.errors import CellError


class RecordedRuns:
    """A recorded problem, or a part of one, made ready; it is called as `core.simulation.Simulation` is.

    Args:
        problem: where the rows are.
        clock: its phases are reported as no time, since nothing is run.
        at_condition: refused.

    Raises:
        CellError: runs at a condition are asked for.
    """

    def __init__(self, problem: Recorded, clock: Clock, *, at_condition: bool) -> None:
        if at_condition:
            raise CellError("recorded runs cannot be made again at a condition; choose a method that learns from runs")
        self.problem = problem
        self.clock = clock

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """The first n rows.

        Raises:
            CellError: there are fewer.
        """
        pool = self.problem.pool
        if n > len(pool.y):
            raise CellError(f"{n:,} runs are asked for and {len(pool.y):,} are recorded; ask for no more than these")
        z_rows, y = pool.z[:n], pool.y[:n]
        return Runs(
            z_rows, y, np.all(np.isfinite(y), axis=1), executed=n, seconds=dict.fromkeys(self.clock.seconds, 0.0)
        )

    def at(self, normal: Float[np.ndarray, "n k"], *, z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """Refused.

        Raises:
            CellError: always.
        """
        raise CellError(
            "recorded runs cannot be made again at points of a method's choice; choose a method that learns from runs"
        )
