"""Convolution on a grid of any dimension as shift and matrix product.

    (A h)_i = b + sum_{o in [-r, r]^dim} W_o h_{i + o},     kernel = 2 r + 1

Beyond the ends h continues by its last value (replicate) or from the other end (periodic). The kernel^dim shifted
copies of h, side by side, are multiplied by one matrix: in a loop, where networks are trained, XLA's own convolution
takes some twenty times longer on CPU.
"""

from itertools import product
from typing import Literal

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.networks.layers import Dense
from sgmbench.learning.networks.residual import ResidualBlock

Ends = Literal["replicate", "periodic"]
PAD_MODES = {"replicate": "edge", "periodic": "wrap"}


class Convolution(nnx.Module):
    """A from `inputs` to `outputs` channels, on grids of `dimensions` axes."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rngs: nnx.Rngs,
        *,
        kernel: int,
        dimensions: int,
        ends: Ends,
        zero: bool = False,
    ) -> None:
        self.kernel = kernel
        self.ends: Ends = ends
        self.dense = Dense(kernel**dimensions * inputs, outputs, rngs, zero=zero)

    def __call__(self, h: Float[Array, "n *grid inputs"]) -> Float[Array, "n *grid outputs"]:
        return self.dense(shifted_copies(h, self.kernel, self.ends))


def convolutional_block(
    *, width: int, embedding: int, kernel: int, dimensions: int, ends: Ends, rngs: nnx.Rngs
) -> ResidualBlock:
    """A residual block of two convolutions."""
    shape = {"kernel": kernel, "dimensions": dimensions, "ends": ends}
    first = Convolution(width, width, rngs, **shape)
    second = Convolution(width, width, rngs, **shape, zero=True)
    return ResidualBlock(first, second, width=width, embedding=embedding, rngs=rngs)


def shifted_copies(h: Float[Array, "n *grid c"], kernel: int, ends: Ends) -> Float[Array, "n *grid kc"]:
    """h_{i + o} for all offsets o in C order, each with its channels."""
    grid, r = h.shape[1:-1], kernel // 2
    padded = extend(h, [(r, r)] * len(grid), ends)
    windows = [
        tuple(slice(start, start + size) for start, size in zip(corner, grid, strict=True))
        for corner in product(range(kernel), repeat=len(grid))
    ]
    return jnp.concatenate([padded[:, *window] for window in windows], axis=-1)


def extend(h: Float[Array, "n *grid c"], margins: list[tuple[int, int]], ends: Ends) -> Float[Array, "n *larger c"]:
    """h with as many points before and after, along each axis of the grid."""
    return jnp.pad(h, [(0, 0), *margins, (0, 0)], mode=PAD_MODES[ends])
