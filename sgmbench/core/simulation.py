"""Simulation: runs of one problem, compiled once and executed in chunks over all devices.

A run is made of a standard normal vector (`core.inputs`): that of a stream's i-th run, or one that is given. It belongs
to this vector alone: the same numbers come out whatever the chunk and the number of devices. They are bitwise the same
in chunks of two lanes and more; of a single one, and of batched factorizations (`darcy`), rounding differs. The last
chunk is padded, and the padded lanes are counted as executed.

How many runs a chunk has is for `core.lanes` to say. Many processes make a part of the runs each, and hear of the
others' when all are made.
"""

import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.devices import count, gathered, spread
from sgmbench.core.hosts import apart
from sgmbench.core.inputs import check_dimension, normal_of_run, parameters_and_germ
from sgmbench.core.lanes import Lanes
from sgmbench.core.memory import is_out_of_memory
from sgmbench.core.problem import Traceable
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs
from sgmbench.core.shares import Share, all_rows, own_share, summed
from sgmbench.errors import CellError
from sgmbench.raised import told


class Simulation:
    """A problem made ready to run, at given conditions or with z drawn from the prior.

    Args:
        problem: the model.
        clock: books "compile" and "simulate".
        at_condition: whether each call gives z.
        chunk: lanes that a device runs at once, as far as memory and time suffice; by the platform where it is None.
        padded: whether calls for less than a chunk are padded to a power of two, which takes a compiled program for
            each power and not for each number; for searches that ask for hundreds of different numbers of runs.
        grows: whether larger chunks are tried where many runs are made; for those whose operations nobody counts.
    """

    def __init__(
        self,
        problem: Traceable,
        clock: Clock,
        *,
        at_condition: bool,
        chunk: int | None = None,
        padded: bool = False,
        grows: bool = False,
    ) -> None:
        self.problem = problem
        self.clock = clock
        self.at_condition = at_condition
        self.lanes = Lanes(clock, chunk, grows=grows)
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
        before, counted, share = dict(self.clock.seconds), self.clock.operations, own_share(n)
        with apart():
            rows, executed = self._of_share(share, n, normal_of, z, progress)
        with self.clock("simulate"):  # as far as it is waited for others
            z_all, y = all_rows(rows, n)
            executed = self._count_those_of_others(executed, counted)
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return Runs(z_all, y, np.all(np.isfinite(y), axis=1), executed, seconds, chunk=self.clock.chunk)

    def _of_share(
        self,
        share: Share,
        n: int,
        normal_of: Callable[[Int[np.ndarray, " width"]], Float[Array | np.ndarray, "width k"]],
        z: tuple[float, ...],
        progress: Progress,
    ) -> tuple[tuple[Float[np.ndarray, "m p"], Float[np.ndarray, "m d"]], int]:
        """(z, y) of those of n runs that this process makes, and how many lanes have run."""
        devices, condition = count(), jnp.asarray(z, "float64")
        widths = len(self.problem.parameters), self.problem.layout.size
        parts = [tuple(np.zeros((0, width)) for width in widths)]
        start, executed, of_call = share.start, 0, -(-share.most // devices)
        if self.padded:
            of_call = 1 << (of_call - 1).bit_length()
        while start < share.stop:
            chunk = self.lanes.of((share.stop - start) // devices, of_call)
            width, begun = chunk * devices, dict(self.clock.seconds)
            try:
                parts.append(gathered(self._run_chunk(normal_of(np.arange(start, start + width)), condition)))
            except (MemoryError, jax.errors.JaxRuntimeError) as error:
                if not is_out_of_memory(error):
                    raise CellError(f"{type(self.problem).__name__}.simulate failed: {told(error)}") from error
                self.lanes.lacked_memory(chunk, error)
                continue
            self.lanes.took(chunk, *(self.clock.seconds[each] - begun[each] for each in ("simulate", "compile")))
            start, executed = start + width, executed + width
            progress("solver runs", min((start - share.start) * n // (share.stop - share.start), n), n)
        z_own, y = (np.concatenate([part[i] for part in parts])[: share.stop - share.start] for i in (0, 1))
        return (z_own, y), executed

    def _count_those_of_others(self, executed: int, counted: float | None) -> int:
        """Lanes of all processes; the clock counts the operations of the others beside those made since `counted`."""
        known = None not in (counted, self.clock.operations)
        own = (self.clock.operations or 0.0) - (counted or 0.0) if known else math.nan
        lanes, operations = summed(np.array([executed, own], "float64")).tolist()
        self.clock.count(None if math.isnan(operations) else operations - own)
        return int(lanes)

    def _run(
        self, normal: Float[Array, " k"], z: Float[Array, " given"]
    ) -> tuple[Float[Array, " p"], Float[Array, " d"]]:
        """(z, y) of one run."""
        parameters, xi = parameters_and_germ(self.problem, normal, z, at_condition=self.at_condition)
        return parameters, self.problem.layout.ravel(self.problem.simulate(parameters, xi)).astype("float64")
