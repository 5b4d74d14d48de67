"""A network on a longer grid than the fields', zero beyond them: it need not take their ends to be joined."""

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.network import Module
from sgmbench.learning.networks.fields import as_coordinates, as_fields


class Padded(nnx.Module):
    """The restriction to `inner` of a network on the grid of `outer`."""

    def __init__(self, network: Module, *, inner: Geometry, outer: Geometry) -> None:
        self.network, self.inner, self.outer = network, inner, outer

    def __call__(
        self, x: Float[Array, "n k"], level: Float[Array, " n"], given: Float[Array, "n q"]
    ) -> Float[Array, "n k"]:
        margins = [(0, more - less) for less, more in zip(self.inner.grid, self.outer.grid, strict=True)]
        longer = as_coordinates(jnp.pad(as_fields(x, self.inner), [(0, 0), *margins, (0, 0)]))
        fields = as_fields(self.network(longer, level, given), self.outer)
        return as_coordinates(fields[:, *(slice(size) for size in self.inner.grid)])
