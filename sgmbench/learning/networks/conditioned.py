"""What all networks have in common: fields go in, blocks conditioned by e change them, fields come out.

    h_0 = W_in x,     h_{b+1} = block_b(h_b, e),     F = W_out norm(h_B)

e embeds noise level and conditions; W_in and W_out act on the channels of one point. W_out starts at zero: the network
begins as the zero map.
"""

from collections.abc import Callable

from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.embedding import Embedding
from sgmbench.learning.networks.fields import as_coordinates, as_fields
from sgmbench.learning.networks.layers import Dense, rms_normalize

Block = Callable[[Array, Array], Array]
"""(h [n, *grid, w], e [n, embedding]) -> [n, *grid, w]."""


class ConditionedNetwork(nnx.Module):
    """The module for fields of `geometry`; `block` makes a block of `width` channels."""

    def __init__(
        self,
        geometry: Geometry,
        block: Callable[[], Block],
        *,
        blocks: int,
        width: int,
        embedding: int,
        given: int,
        rngs: nnx.Rngs,
    ) -> None:
        self.geometry = geometry
        self.embed = Embedding(embedding, given, rngs)
        self.enter = Dense(geometry.channels, width, rngs)
        self.blocks = nnx.List([block() for _ in range(blocks)])
        self.leave = Dense(width, geometry.channels, rngs, zero=True)

    def __call__(
        self, x: Float[Array, "n k"], level: Float[Array, " n"], given: Float[Array, "n q"]
    ) -> Float[Array, "n k"]:
        e = self.embed(level, given)
        h = self.enter(as_fields(x, self.geometry))
        for block in self.blocks:
            h = block(h, e)
        return as_coordinates(self.leave(rms_normalize(h)))
