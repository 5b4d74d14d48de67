"""Space: what the coordinates of one sample are, before and after each transform of a representation."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sgmbench.core.layout import Layout
from sgmbench.learning.geometry import Geometry, geometry_of


@dataclass(frozen=True)
class Space:
    """k coordinates.

    Attributes:
        geometry: channels on a grid, or coordinates without a place.
        quadrature: weights that sum to 1 over each field, one row for each, zero outside of it. Coordinates that belong
            to no field are fields of their own.
        is_centered: whether a mean has been taken out of each coordinate.
    """

    geometry: Geometry
    quadrature: Float[np.ndarray, "f k"]
    is_centered: bool = False

    @property
    def same_field(self) -> Int[np.ndarray, " k"]:
        """Numbers that are equal where coordinates belong to one field."""
        return np.argmax(self.quadrature > 0, axis=0)


def space_of(layout: Layout) -> Space:
    """That of outputs y."""
    rows = np.zeros((len(layout.fields), layout.size))
    for row, each in zip(rows, layout.fields, strict=True):
        row[layout.slices[each.name]] = each.quadrature
    return Space(geometry_of(layout), rows)


def without_place(k: int, *, is_centered: bool) -> Space:
    """k coordinates of which none is next to another."""
    return Space(Geometry(k), np.eye(k), is_centered)


def varying(x: Float[np.ndarray, "n k"]) -> np.ndarray:
    """Which coordinates [k] are not constant up to rounding."""
    span = np.ptp(x, axis=0)
    return span > 1e-12 * (np.abs(x[0]) + span.max())
