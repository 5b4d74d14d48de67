"""Standardize: one mean and one standard deviation over all runs, whatever their conditions.

    a_j = (x_j - c_g) / s_g,      c_g = avg_g E x_j,      s_g^2 = avg_g E (x_j - c_g)^2

g is the group of coordinate j: itself, its field, or all; avg_g weights a field's points by quadrature, and fields
equally. Coordinates stay where they are, so that networks on grids can follow. Constant ones count in no average.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from sgmbench.learning.space import Space, varying
from sgmbench.learning.transform import Transform

_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Standardize(Transform):
    """Zero mean and unit variance of each coordinate, of each field or of everything together.

    Attributes:
        by: what shares one mean and one standard deviation.
    """

    by: Literal["coordinate", "field", "all"] = "coordinate"

    def fit(self, u, x, space):
        varies, mean, variance = varying(x), x.mean(axis=0), x.var(axis=0)
        group, weight = self._groups(space)
        total = np.bincount(group, weight * varies)

        def average(values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
            return (np.bincount(group, weight * varies * values) / np.maximum(total, _TINY))[group]

        center = np.where(varies, average(mean), x[0])
        unit = np.where(varies, np.sqrt(average(variance + (mean - center) ** 2)), 1.0)
        return {"center": center, "unit": unit, "varies": varies}

    def _groups(self, space: Space) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " k"]]:
        """The group of each coordinate, and its weight there."""
        k = space.geometry.size
        if self.by == "coordinate":
            return np.arange(k), np.ones(k)
        group = np.argmax(space.quadrature, axis=0) if self.by == "field" else np.zeros(k, int)
        return group, space.quadrature.sum(axis=0)

    def encode(self, arrays, u, x):
        return np.where(arrays["varies"], (x - arrays["center"]) / arrays["unit"], 0.0)

    def decode(self, arrays, u, a):
        return arrays["center"] + np.where(arrays["varies"], arrays["unit"] * a, 0.0)

    def space(self, arrays, space):
        return replace(space, is_centered=space.is_centered or self.by == "coordinate")

    def log_det(self, arrays, u, x):
        return np.full(len(x), -np.log(arrays["unit"]).sum())
