"""Runs of a hosted problem: the same streams as those of a traceable one, evaluated batch by batch outside JAX."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.problem import Hosted, transport
from sgmbench.core.progress import Progress, silent
from sgmbench.core.rng import draw_normal
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
        self._inputs = jax.jit(jax.vmap(partial(_inputs, problem, at_condition), in_axes=(None, 0, None)))

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """The first n runs of a stream; each counts, whether it failed or not."""
        before = dict(self.clock.seconds)
        width = min(n, self.problem.batch)
        condition = jnp.asarray(z, "float64")
        z_all, y_all, failed = [], [], 0
        for start in range(0, n, width):
            lanes = self._inputs(key, np.arange(start, start + width), condition)  # of one shape: compiled once
            z_some, xi_some = (np.asarray(each)[: n - start] for each in lanes)
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


def _inputs(
    problem: Hosted, at_condition: bool, key: Key[Array, ""], index: Int[Array, ""], z: Float[Array, " given"]
) -> tuple[Float[Array, " p"], Float[Array, " m"]]:
    """(z, xi) of run `index` of the stream `key`."""
    p = len(problem.parameters)
    normal = draw_normal(key, index, p + problem.germ_dimension)
    return (z if at_condition else transport(problem, normal[:p])), normal[p:]
