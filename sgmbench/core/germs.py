"""Germs: what of a run's randomness a surrogate of the deterministic map sees, as inputs beside what is given.

    conditional target   xi                      z is given
    marginal target      (zeta, xi)              nothing is given

all of it standard normal, and for a surrogate that takes them the problem's features(z, xi) in the place of xi. A run
belongs to its stream and index, so the germs of runs are not kept but drawn again.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.batches import map_in_batches
from sgmbench.core.clock import Clock, Phase
from sgmbench.core.inputs import normal_of_run
from sgmbench.core.problem import Featured, Problem, from_uniform_coordinates, transport

CHUNK = 256


class Germs:
    """The inputs of a problem's surrogate.

    Args:
        problem: whose germ.
        conditional: whether z is given.
        features: whether features stand for xi, where the problem has any.
        clock: books "compile", and drawing as `phase`.
        phase: what they are drawn for.
    """

    def __init__(self, problem: Problem, *, conditional: bool, features: bool, clock: Clock, phase: Phase) -> None:
        self.problem = problem
        self.conditional = conditional
        self.features = features and isinstance(problem, Featured)
        self._draw = clock.jit(self._inputs, phase)

    def of_runs(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] | None = None) -> Float[np.ndarray, "n k"]:
        """Those of the first n runs of a stream, with z from the prior where none is given."""
        return np.asarray(self._draw(key, jnp.arange(n), None if z is None else jnp.asarray(z, "float64")))

    def __call__(self, given: Float[np.ndarray, " q"], n: int, key: Key[Array, ""]) -> Float[np.ndarray, "n k"]:
        """Fresh ones, of the first n runs of a stream at given conditions in uniform coordinates."""
        z = from_uniform_coordinates(self.problem, jnp.asarray(given)) if self.conditional else None
        return np.asarray(self._draw(key, jnp.arange(n), z))

    def _inputs(
        self, key: Key[Array, ""], index: Int[Array, " n"], z: Float[Array, " p"] | None
    ) -> Float[Array, "n k"]:
        if self.conditional and not (self.problem.germ_dimension or self.features):
            return jnp.zeros((len(index), 0))
        return map_in_batches(lambda i: self._input(key, i, z), index, batch=CHUNK)

    def _input(self, key: Key[Array, ""], index: Int[Array, ""], z: Float[Array, " p"] | None) -> Float[Array, " k"]:
        normal = normal_of_run(self.problem, key, index, at_condition=False)
        zeta, xi = jnp.split(normal, [len(self.problem.parameters)])
        if self.features:
            assert isinstance(self.problem, Featured)
            xi = self.problem.features(transport(self.problem, zeta) if z is None else z, xi)
        return xi if self.conditional else jnp.concatenate([zeta, xi])
