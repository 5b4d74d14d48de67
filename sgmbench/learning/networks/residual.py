"""Residual block with FiLM conditioning, whatever it mixes the values with.

    h + A2 silu(FiLM(A1 h; e))

A1 and A2 are linear: dense matrices, convolutions, spectral multipliers. A2 starts at zero: the block begins as the
identity.
"""

from collections.abc import Callable

from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.networks.embedding import Film

Mix = Callable[[Array], Array]
"""A linear map [n, *grid, w] -> [n, *grid, w]."""


class ResidualBlock(nnx.Module):
    """A1 is `first`, A2 is `second`."""

    def __init__(self, first: Mix, second: Mix, *, width: int, embedding: int, rngs: nnx.Rngs) -> None:
        self.first = first
        self.film = Film(embedding, width, rngs)
        self.second = second

    def __call__(self, h: Float[Array, "n *grid w"], e: Float[Array, "n e"]) -> Float[Array, "n *grid w"]:
        return h + self.second(nnx.silu(self.film(self.first(h), e)))
