"""Simulation: runs of one problem, compiled once and executed in chunks over all devices.

A run is made of a standard normal vector (`core.inputs`): that of a stream's i-th run, or one that is given. It belongs
to this vector alone: the same numbers come out whatever the chunk and the number of devices. They are bitwise the same
in chunks of two lanes and more; of a single one, and of batched factorizations (`darcy`), rounding differs. The last
chunk is padded, and the padded lanes are counted as executed.

Where memory does not suffice for a chunk, half of it is tried, down to a single run. A chunk that takes longer than
`LONGEST`, as of a dear solver, is followed by smaller ones, of two lanes at least: before the end of one no progress is
heard of. Later chunks stay as small, and the clock notes it.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.devices import gathered, spread
from sgmbench.core.hosts import agreed, meet
from sgmbench.core.inputs import check_dimension, normal_of_run, parameters_and_germ
from sgmbench.core.memory import fewer, is_out_of_memory
from sgmbench.core.problem import Traceable
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs
from sgmbench.errors import CellError
from sgmbench.raised import told

CHUNK = 256
LONGEST = 2.0  # s
FEWEST = 2  # lanes


class Simulation:
    """A problem made ready to run, at given conditions or with z drawn from the prior.

    Args:
        problem: the model.
        clock: books "compile" and "simulate".
        at_condition: whether each call gives z.
        chunk: lanes that a device runs at once.
        padded: whether calls for less than a chunk are padded to a power of two, which takes a compiled program for
            each power and not for each number; for searches that ask for hundreds of different numbers of runs.
    """

    def __init__(
        self, problem: Traceable, clock: Clock, *, at_condition: bool, chunk: int = CHUNK, padded: bool = False
    ) -> None:
        self.problem = problem
        self.clock = clock
        self.at_condition = at_condition
        self.chunk = chunk
        self.padded = padded
        draw = partial(normal_of_run, problem, at_condition=at_condition)
        self._draw_chunk = clock.jit(jax.vmap(draw, in_axes=(None, 0)), "simulate")
        self._run_chunk = clock.jit(jax.vmap(self._run, in_axes=(0, None)), "simulate")

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """The first n runs of a stream; `seconds` of the result are those of this call."""
        return self._in_chunks(n, lambda lanes: self._draw_chunk(key, spread(lanes)), z, progress)

    def at(self, normal: Float[np.ndarray, "n k"], *, z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """Runs of given standard normal vectors.

        Args:
            normal: a row each: xi at a condition, else zeta and then xi.
            z: the condition.
            progress: listener.

        Raises:
            ValueError: the rows are of another length.
        """
        n = len(normal)
        check_dimension(self.problem, normal.shape[1], at_condition=self.at_condition)

        def rows(lanes: Int[np.ndarray, " width"]) -> Float[Array | np.ndarray, "width k"]:
            return spread(normal[np.minimum(lanes, n - 1)])  # padded with the last

        return self._in_chunks(n, rows, z, progress)

    def _in_chunks(
        self,
        n: int,
        normal_of: Callable[[Int[np.ndarray, " width"]], Float[Array | np.ndarray, "width k"]],
        z: tuple[float, ...],
        progress: Progress,
    ) -> Runs:
        """n runs; `normal_of` gives the vectors of runs by their numbers, also of those beyond n that fill a chunk."""
        before = dict(self.clock.seconds)
        devices = jax.device_count()
        condition = jnp.asarray(z, "float64")
        parts, start, executed = [], 0, 0
        while start < n:
            fewest, begun = -(-n // devices), self.clock.seconds["simulate"]
            chunk = min(self.chunk, 1 << (fewest - 1).bit_length() if self.padded else fewest)
            width = chunk * devices
            try:
                parts.append(gathered(self._run_chunk(normal_of(np.arange(start, start + width)), condition)))
            except (MemoryError, jax.errors.JaxRuntimeError) as error:
                meet(error)
                if not is_out_of_memory(error):
                    raise CellError(f"{type(self.problem).__name__}.simulate failed: {told(error)}") from error
                self._limit(fewer(chunk, error))
                continue
            if chunk > FEWEST and (seconds := agreed(self.clock.seconds["simulate"] - begun)) > LONGEST:
                self._limit(max(_power_of_two(chunk * LONGEST / seconds), FEWEST))
            start, executed = start + width, executed + width
            progress("solver runs", min(start, n), n)
        z_all, y = (np.concatenate([part[i] for part in parts])[:n] for i in (0, 1))
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return Runs(z_all, y, np.all(np.isfinite(y), axis=1), executed, seconds, chunk=self.clock.chunk)

    def _limit(self, chunk: int) -> None:
        self.chunk = chunk
        self.clock.note_chunk(chunk)

    def _run(
        self, normal: Float[Array, " k"], z: Float[Array, " given"]
    ) -> tuple[Float[Array, " p"], Float[Array, " d"]]:
        """(z, y) of one run."""
        parameters, xi = parameters_and_germ(self.problem, normal, z, at_condition=self.at_condition)
        return parameters, self.problem.layout.ravel(self.problem.simulate(parameters, xi)).astype("float64")


def _power_of_two(lanes: float) -> int:
    """The largest that is not above; 1 of less than 1."""
    return 1 << max(int(lanes), 1).bit_length() - 1
