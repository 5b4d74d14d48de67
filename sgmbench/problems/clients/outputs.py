"""Outputs of a model outside JAX: the fields that its output vectors hold, as a configuration says it."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from sgmbench.core.layout import Axis, Field


@dataclass(frozen=True)
class Grid:
    """One dimension of an output: `size` equally spaced points over `span`, or the coordinates themselves.

    Without a span the points are counted from 0.
    """

    name: str = "index"
    unit: str = "-"
    size: Annotated[int, Ge(1), Le(1_000_000)] = 1
    span: tuple[float, float] | None = None
    coordinates: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.coordinates and (self.span or self.size != 1):
            raise ValueError(f"{self.name} has coordinates, and size or span beside them; leave one out")

    @property
    def axis(self) -> Axis:
        """The dimension in the layout."""
        first, last = self.span or (0.0, self.size - 1.0)
        return Axis(self.name, self.unit, self.coordinates or tuple(np.linspace(first, last, self.size).tolist()))


@dataclass(frozen=True)
class Output:
    """A field of y in C order; without axes it is one number."""

    name: str
    unit: str = "-"
    axes: tuple[Grid, ...] = ()

    @property
    def field(self) -> Field:
        """The field in the layout."""
        return Field(self.name, self.unit, tuple(grid.axis for grid in self.axes))
