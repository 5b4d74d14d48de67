"""Runs of a hosted problem: the same streams as those of a traceable one, evaluated batch by batch outside JAX."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.inputs import check_dimension, normal_of_run, parameters_and_germ
from sgmbench.core.problem import Hosted
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs


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
        draw, inputs = (
            partial(function, problem, at_condition=at_condition) for function in (normal_of_run, parameters_and_germ)
        )
        self._draw_batch = jax.jit(jax.vmap(draw, in_axes=(None, 0)))
        self._inputs = jax.jit(jax.vmap(inputs, in_axes=(0, None)))

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """The first n runs of a stream; each counts, whether it failed or not."""
        return self._in_batches(n, lambda index: self._draw_batch(key, index), z, progress)

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
    ) -> Runs:
        """n runs; `normal_of` gives the vectors of runs by their numbers, also of those beyond n that fill a batch."""
        before = dict(self.clock.seconds)
        width = min(n, self.problem.batch)
        condition = jnp.asarray(z, "float64")
        z_all, y_all, failed = [], [], 0
        for start in range(0, n, width):
            normal = normal_of(np.arange(start, start + width))  # of one shape: compiled once
            z_some, xi_some = (np.asarray(each)[: n - start] for each in self._inputs(normal, condition))
            with self.clock("simulate"):
                y_some = self.problem.simulate_batch(z_some, xi_some)
            z_all.append(z_some)
            y_all.append(y_some)
            failed += int(np.sum(~_ok(y_some)))
            progress("solver runs", start + len(z_some), n, f"{failed} failed" if failed else "")
        z_runs, y = np.concatenate(z_all), np.concatenate(y_all)
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return Runs(z_runs, y, _ok(y), executed=n, seconds=seconds)


def _ok(y: Float[np.ndarray, "n d"]) -> np.ndarray:
    return np.all(np.isfinite(y), axis=1)
