"""Brownian motion known on a uniform grid, as a control that Diffrax integrates along.

Fixed steps only, each from one grid point to another: nothing is known in between. A path through every second point
is the same Brownian motion seen by a step twice as long, its increments the sums of the finer ones.
"""

from typing import ClassVar

import diffrax
import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float


class GermPath(diffrax.AbstractBrownianPath):
    """W at 0, T/n, ..., T; without Levy areas.

    Attributes:
        W: values on the grid, W[0] = 0; trailing dimensions are those of the motion.
        t1: T.
    """

    W: Float[Array, "points *k"]
    t1: float = eqx.field(static=True)  # pyright: ignore[reportIncompatibleVariableOverride] (declared for properties)
    levy_area: type[diffrax.BrownianIncrement | diffrax.SpaceTimeLevyArea] = eqx.field(
        static=True, default=diffrax.BrownianIncrement
    )
    t0: ClassVar = 0.0

    def evaluate(
        self,
        t0: Float[ArrayLike, ""],
        t1: Float[ArrayLike, ""] | None = None,
        left: bool = True,
        use_levy: bool = False,
    ) -> Float[Array, "*k"] | diffrax.BrownianIncrement:
        """W(t0), or the increment W(t1) - W(t0), at the grid points next to these times."""
        del left
        start, end = (self.t0, t0) if t1 is None else (t0, t1)
        increment = self._at(end) - self._at(start)
        if not use_levy:
            return increment
        return diffrax.BrownianIncrement(dt=jnp.subtract(end, start), W=increment)

    def _at(self, t: Float[ArrayLike, ""]) -> Float[Array, "*k"]:
        return self.W[jnp.rint(t * ((len(self.W) - 1) / self.t1)).astype("int32")]
