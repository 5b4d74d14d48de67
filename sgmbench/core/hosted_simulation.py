"""Runs of a hosted problem: the same streams as those of a traceable one, evaluated batch by batch outside JAX.

Where memory does not suffice for a batch, half of it is tried, down to a single run, and later batches stay as small.

Such a run may take an hour. What is made so far of a stream is kept, with the seconds that it took, every half minute,
and an interrupted stream goes on from there.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.checkpoints import Checkpoints, no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.inputs import check_dimension, normal_of_run, parameters_and_germ
from sgmbench.core.memory import fewer
from sgmbench.core.problem import Hosted
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs
from sgmbench.errors import CellError, SgmbenchError
from sgmbench.raised import told

SAVE_EVERY = 30.0  # s


class HostedSimulation:
    """A hosted problem made ready to run; it is called as `core.simulation.Simulation` is.

    Args:
        problem: the model.
        clock: books "simulate", the wall-clock time of the host's work.
        at_condition: whether each call gives z.
    """

    def __init__(self, problem: Hosted, clock: Clock, *, at_condition: bool) -> None:
        self.problem = problem
        self.clock = clock
        self.at_condition = at_condition
        self.batch = problem.batch
        draw, inputs = (
            partial(function, problem, at_condition=at_condition) for function in (normal_of_run, parameters_and_germ)
        )
        self._draw_batch = jax.jit(jax.vmap(draw, in_axes=(None, 0)))
        self._inputs = jax.jit(jax.vmap(inputs, in_axes=(0, None)))

    def __call__(
        self,
        n: int,
        *,
        key: Key[Array, ""],
        z: tuple[float, ...] = (),
        progress: Progress = silent,
        checkpoints: Checkpoints = no_checkpoints,
    ) -> Runs:
        """The first n runs of a stream; each counts, whether it failed or not."""
        return self._in_batches(n, lambda index: self._draw_batch(key, index), z, progress, checkpoints)

    def at(self, normal: Float[np.ndarray, "n k"], *, z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """Runs of given standard normal vectors, a row each: xi at a condition, else zeta and then xi.

        Raises:
            ValueError: the rows are of another length.
        """
        n = len(normal)
        check_dimension(self.problem, normal.shape[1], at_condition=self.at_condition)
        return self._in_batches(n, lambda index: jnp.asarray(normal[np.minimum(index, n - 1)]), z, progress)

    def _in_batches(
        self,
        n: int,
        normal_of: Callable[[Int[np.ndarray, " width"]], Float[Array, "width k"]],
        z: tuple[float, ...],
        progress: Progress,
        checkpoints: Checkpoints = no_checkpoints,
    ) -> Runs:
        """n runs; `normal_of` gives the vectors of runs by their numbers, also of those beyond n that fill a batch."""
        before = dict(self.clock.seconds)
        kept, saved, condition = self._kept(checkpoints), time.monotonic(), jnp.asarray(z, "float64")
        z_all, y_all, start, failed = [], [], 0, 0
        while start < n:
            width = min(n, self.batch)
            normal = normal_of(np.arange(start, start + width))  # of one shape: compiled once
            z_some, xi_some = (np.asarray(each)[: n - start] for each in self._inputs(normal, condition))
            y_some = kept[start : start + len(z_some)]
            try:
                if (done := len(y_some)) < len(z_some):
                    y_some = np.concatenate([y_some, self._simulate(z_some[done:], xi_some[done:])])
            except MemoryError as error:
                self.batch = fewer(len(z_some), error)
                self.clock.note_chunk(self.batch)
                continue
            z_all.append(z_some)
            y_all.append(y_some)
            start, failed = start + len(z_some), failed + int(np.sum(~_ok(y_some)))
            progress("solver runs", start, n, f"{failed} failed" if failed else "")
            if start < n and time.monotonic() - saved >= SAVE_EVERY:
                spent = self.clock.seconds["simulate"] - before["simulate"]
                checkpoints.save(start, {"seconds": np.asarray(spent), "y": np.concatenate(y_all)})
                saved = time.monotonic()
        z_runs, y = np.concatenate(z_all), np.concatenate(y_all)
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return Runs(z_runs, y, _ok(y), executed=n, seconds=seconds, chunk=self.clock.chunk)

    def _kept(self, checkpoints: Checkpoints) -> Float[np.ndarray, "k d"]:
        """The first outputs of the stream, as far as they were made before; their seconds are paid again."""
        nothing = np.zeros((0, self.problem.layout.size))
        found = checkpoints.latest({"seconds": np.zeros(()), "y": nothing})
        if found is None:
            return nothing
        self.clock.pay("simulate", float(found["seconds"]))
        return np.asarray(found["y"])

    def _simulate(self, z: Float[np.ndarray, "n p"], xi: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n d"]:
        """A batch; what the model raises is the fault of the cell that asks for it."""
        try:
            with self.clock("simulate"):
                found = self.problem.simulate_batch(z, xi)
        except (MemoryError, SgmbenchError):
            raise
        except Exception as error:
            raise CellError(f"{type(self.problem).__name__}.simulate_batch raises {told(error)}") from error
        return rows_of(found, self.problem, len(z))


def rows_of(found: Any, problem: Hosted, n: int) -> Float[np.ndarray, "n d"]:
    """What a host gave for n runs; raises CellError where that is not n rows of y."""
    y, shape = np.asarray(found), (n, problem.layout.size)
    if y.shape != shape or y.dtype.kind not in "fiu":
        name = type(problem).__name__
        raise CellError(f"{name}.simulate_batch must return {shape} real numbers; it returns {y.shape} of {y.dtype}")
    return np.asarray(y, "float64")


def _ok(y: Float[np.ndarray, "n d"]) -> np.ndarray:
    return np.all(np.isfinite(y), axis=1)
