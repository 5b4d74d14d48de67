"""U-Net of residual convolutions with FiLM conditioning, on grids of any dimension and size.

    U_L(h) = B_L(h)
    U_l(h) = A_l(g + double(W_up U_{l+1}(W_down halve(g)))),     g = B_l(h),     l = 0 ... L - 1

U_0 is the one block of `conditioned`; A_l and B_l are residual blocks of two convolutions, W_up and W_down linear maps
between the channels of two levels. `halve` is the mean over 2^dim cells, an odd axis going on by one point; `double`
repeats each value twice along each axis and cuts that point off. On a periodic grid whose axes 2^L divides, U_0
commutes with shifts by 2^L points.

Source: O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015);
here g is added, not concatenated.
"""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.conditioned import ConditionedNetwork
from sgmbench.learning.networks.layers import Dense
from sgmbench.learning.networks.refusals import without_grid
from sgmbench.learning.networks.residual import ResidualBlock
from sgmbench.learning.networks.shifted_convolution import Ends, convolutional_block, extend


class Level(nnx.Module):
    """U_l for the widths from level l on; `block` makes a residual block of a width."""

    def __init__(
        self, widths: Sequence[int], block: Callable[[int], ResidualBlock], *, blocks: int, ends: Ends, rngs: nnx.Rngs
    ) -> None:
        width, *coarser = widths
        self.ends: Ends = ends
        self.before = nnx.List([block(width) for _ in range(blocks)])
        self.inner = Level(coarser, block, blocks=blocks, ends=ends, rngs=rngs) if coarser else None
        if coarser:
            self.down = Dense(width, coarser[0], rngs)
            self.up = Dense(coarser[0], width, rngs)
            self.after = nnx.List([block(width) for _ in range(blocks)])

    def __call__(self, h: Float[Array, "n *grid w"], e: Float[Array, "n e"]) -> Float[Array, "n *grid w"]:
        for block in self.before:
            h = block(h, e)
        if self.inner is None:
            return h
        h = h + double(self.up(self.inner(self.down(halve(h, self.ends)), e)), h.shape[1:-1])
        for block in self.after:
            h = block(h, e)
        return h


def halve(h: Float[Array, "n *grid c"], ends: Ends) -> Float[Array, "n *half c"]:
    """Means over cells of two points along each axis."""
    even = extend(h, [(0, size % 2) for size in h.shape[1:-1]], ends)
    cells = [part for size in even.shape[1:-1] for part in (size // 2, 2)]
    return even.reshape(len(h), *cells, h.shape[-1]).mean(axis=tuple(range(2, 1 + len(cells), 2)))


def double(h: Float[Array, "n *half c"], grid: tuple[int, ...]) -> Float[Array, "n *grid c"]:
    """Each value at two points along each axis of a grid that `halve` has halved."""
    for axis in range(1, 1 + len(grid)):
        h = jnp.repeat(h, 2, axis=axis)
    return h[:, *(slice(size) for size in grid)]


def build_unet(
    geometry: Geometry,
    *,
    widths: tuple[int, ...],
    blocks: int,
    kernel: int,
    ends: Ends,
    given: int,
    rngs: nnx.Rngs,
) -> ConditionedNetwork:
    """The module; e is as wide as the coarsest level."""
    sizes = {"embedding": widths[-1], "rngs": rngs}
    shape = {"kernel": kernel, "dimensions": len(geometry.grid), "ends": ends}

    def block(width: int) -> ResidualBlock:
        return convolutional_block(width=width, **shape, **sizes)

    def whole() -> Level:
        return Level(widths, block, blocks=blocks, ends=ends, rngs=rngs)

    return ConditionedNetwork(geometry, whole, blocks=1, width=widths[0], given=given, **sizes)


def unet_refusal(name: str, geometry: Geometry, *, dimensions: int, levels: int) -> str | None:
    """Why a U-Net of so many levels does not fit: the coarsest one must have two points along each axis."""
    if refusal := without_grid(name, geometry, (dimensions,)):
        return refusal
    shortest, halvings = min(geometry.grid), levels - 1
    possible = max(0, (shortest - 1).bit_length() - 1)
    if halvings <= possible:
        return None
    return (
        f"{name} with {levels} widths halves its grid {halvings} times; {shortest} points can be halved {possible} "
        f"time{'s' * (possible != 1)} (write at most {possible + 1} width{'s' * (possible != 0)})"
    )
