"""Compatibility: whether a network can work on what a representation makes of outputs.

The grid of the coordinates is known before there are data; how many Karhunen-Loeve modes there are is not, but that
they have no grid is.
"""

from collections.abc import Sequence

from sgmbench.core.layout import Layout
from sgmbench.learning.geometry import Geometry, geometry_of
from sgmbench.learning.network import Network
from sgmbench.learning.transform import Transform


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
