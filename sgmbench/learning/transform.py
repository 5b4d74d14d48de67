"""Transform: one invertible step on the way from outputs y to the coordinates whose law a generator learns.

    a = E(x; u),      x = D(a; u),      D(E(x; u); u) = x

at conditions u, a row for each sample or one row for all of them. What E and D need beyond the hyperparameters is
learned from pairs (u, x) and kept as a nested dictionary of arrays. Where a transform takes out a coordinate's mean, a
coordinate that never varies becomes 0, and returns as the constant that it was, whatever a generator made of the 0.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.space import Space

Arrays = dict[str, Any]


class Transform(ABC):
    """An invertible map of coordinates that may depend on the conditions and is learned from pairs."""

    @abstractmethod
    def fit(self, u: Float[np.ndarray, "n q"], x: Float[np.ndarray, "n k"], space: Space) -> Arrays:
        """What is learned from pairs (u, x), x being coordinates of `space`."""

    @abstractmethod
    def encode(self, arrays: Arrays, u: Float[np.ndarray, "#n q"], x: Float[np.ndarray, "n k"]) -> np.ndarray:
        """E(x; u) [n k']."""

    @abstractmethod
    def decode(self, arrays: Arrays, u: Float[np.ndarray, "#n q"], a: Float[np.ndarray, "n k"]) -> np.ndarray:
        """D(a; u) [n k']."""

    def space(self, arrays: Arrays, space: Space) -> Space:
        """What the coordinates a are, for coordinates x of `space`."""
        return space

    def planned(self, geometry: Geometry) -> Geometry:
        """The geometry that `space` will have, as far as it is known before there are data."""
        return geometry

    def log_det(
        self, arrays: Arrays, u: Float[np.ndarray, "#n q"], x: Float[np.ndarray, "n k"]
    ) -> Float[np.ndarray, " n"] | None:
        """log |det dE/dx| over the coordinates that vary; None where E loses something, or where it is not known."""
        return None
