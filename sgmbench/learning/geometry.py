"""Geometry: what the coordinates of one sample mean to a network."""

from dataclasses import dataclass
from math import prod

from sgmbench.core.layout import Layout


@dataclass(frozen=True)
class Geometry:
    """`channels` values at each point of a grid, one channel after the other, each in C order.

    No grid: coordinates without a place, such as scalars or Karhunen-Loeve modes; each is a channel then.

    Attributes:
        at_most: whether there may be fewer channels, as long as there are no data to tell.
    """

    channels: int
    grid: tuple[int, ...] = ()
    at_most: bool = False

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.channels * prod(self.grid)


def geometry_of(layout: Layout) -> Geometry:
    """Fields on one grid are channels; fields of different shapes are coordinates without a place."""
    shapes = {field.shape for field in layout.fields}
    if len(shapes) == 1 and (shape := shapes.pop()):
        return Geometry(len(layout.fields), shape)
    return Geometry(layout.size)
