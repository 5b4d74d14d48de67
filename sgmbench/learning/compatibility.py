"""Compatibility: whether a network can work on what a representation makes of outputs.

The grid of the coordinates is known before there are data; how many Karhunen-Loeve modes there are is not, but that
they have no grid is. What a network returns is known once it is built: an output of another shape may broadcast against
the coordinates, and train on something else without a word.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import PyTree

from sgmbench.core.layout import Layout
from sgmbench.errors import CellError
from sgmbench.learning.geometry import Geometry, geometry_of
from sgmbench.learning.network import Network
from sgmbench.learning.parameters import Graph
from sgmbench.learning.transform import Transform

ROWS = 4099  # of a batch that is never computed: no other length is as long


def planned_geometry(transforms: Sequence[Transform], layout: Layout) -> Geometry:
    """What the coordinates will mean to a network, as far as it is known before there are data."""
    geometry = geometry_of(layout)
    for transform in transforms:
        geometry = transform.planned(geometry)
    return geometry


def refusal_on(geometry: Geometry, network: Network, layout: Layout) -> str | None:
    """Why a network cannot work on coordinates that were made of such outputs, and what can; None where it can."""
    reason = network.refusal(geometry)
    if reason is None or network.refusal(geometry_of(layout)) is not None:
        return reason
    return f"{reason}; a representation that keeps the grid, without karhunen_loeve say, fits too"


def check_output(graph: Graph, parameters: PyTree, network: Network, *, size: int, given: int) -> None:
    """Raises CellError where a built network maps coordinates to outputs of another shape; nothing is computed."""
    shapes = ((ROWS, size), (ROWS,), (ROWS, given))
    inputs = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    found = jax.eval_shape(lambda values, *rows: nnx.merge(graph, values)(*rows), parameters, *inputs).shape
    if found != (ROWS, size):
        raise CellError(
            f"{type(network).__name__} returns an output of shape {_of_rows(found)} for coordinates of shape "
            f"{_of_rows((ROWS, size))}; build a module that returns one number for each of the geometry.size = {size} "
            "coordinates of each row"
        )


def _of_rows(shape: tuple[int, ...]) -> str:
    """With n for the number of rows."""
    return f"[{', '.join('n' if length == ROWS else str(length) for length in shape)}]"
