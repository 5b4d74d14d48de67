"""Simulation: runs of one problem, compiled once and executed in chunks over all devices.

A run belongs to its stream and index alone: the same numbers come out whatever the chunk and the number of devices. The
last chunk is padded, and the padded lanes are counted as executed.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.problem import Traceable, transport
from sgmbench.core.progress import Progress, silent
from sgmbench.core.rng import draw_normal
from sgmbench.core.runs import Runs

CHUNK = 256


class Simulation:
    """A problem made ready to run, at given conditions or with z drawn from the prior.

    Args:
        problem: the model.
        clock: books "compile" and "simulate".
        at_condition: whether each call gives z.
        chunk: lanes that a device runs at once.
    """

    def __init__(self, problem: Traceable, clock: Clock, *, at_condition: bool, chunk: int = CHUNK) -> None:
        self.problem = problem
        self.clock = clock
        self.at_condition = at_condition
        self.chunk = chunk
        self._run_chunk = clock.jit(jax.vmap(self._run, in_axes=(None, 0, None)), "simulate")

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """The first n runs of a stream; `seconds` of the result are those of this call."""
        before = dict(self.clock.seconds)
        devices = jax.devices()
        lanes = NamedSharding(Mesh(np.array(devices), ("runs",)), PartitionSpec("runs"))
        width = min(self.chunk, -(-n // len(devices))) * len(devices)
        condition = jnp.asarray(z, "float64")
        parts = []
        for start in range(0, n, width):
            index = jax.device_put(np.arange(start, start + width), lanes)
            parts.append(jax.tree.map(np.asarray, self._run_chunk(key, index, condition)))
            progress("solver runs", min(start + width, n), n)
        z_all, y = (np.concatenate([part[i] for part in parts])[:n] for i in (0, 1))
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return Runs(z_all, y, np.all(np.isfinite(y), axis=1), executed=len(parts) * width, seconds=seconds)

    def _run(
        self, key: Key[Array, ""], index: Int[Array, ""], z: Float[Array, " given"]
    ) -> tuple[Float[Array, " p"], Float[Array, " d"]]:
        """(z, y) of run `index` of the stream `key`."""
        p = len(self.problem.parameters)
        normal = draw_normal(key, index, p + self.problem.germ_dimension)
        parameters = z if self.at_condition else transport(self.problem, normal[:p])
        return parameters, self.problem.layout.ravel(self.problem.simulate(parameters, normal[p:]))
