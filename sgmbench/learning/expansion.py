"""Expansion: d functions of the conditions as sums over one set of Legendre polynomials."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sgmbench.learning.polynomials import legendre_products


@dataclass(frozen=True)
class Expansion:
    """sum_k c_k f_k(u).

    Attributes:
        indices: multi-indices k.
        coefficients: c_k, a column for each function.
    """

    indices: Int[np.ndarray, "p q"]
    coefficients: Float[np.ndarray, "p d"]

    def __call__(self, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
        """Values at u."""
        return legendre_products(u, self.indices) @ self.coefficients

    @property
    def support(self) -> Int[np.ndarray, "r q"]:
        """The multi-indices that any of the functions needs."""
        return self.indices[self.coefficients.any(axis=1)]

    def as_arrays(self) -> dict[str, np.ndarray]:
        """What a file keeps."""
        return {"indices": self.support, "coefficients": self.coefficients[self.coefficients.any(axis=1)]}


def expansion_of(arrays: dict[str, Any]) -> Expansion:
    """The inverse of `as_arrays`."""
    return Expansion(arrays["indices"], arrays["coefficients"])


def side_by_side(expansions: list[Expansion], columns: list[np.ndarray], d: int) -> Expansion:
    """One expansion of d functions out of several, each of which has some of the columns; the others are zero."""
    kept = {tuple(k) for each in expansions for k in each.support.tolist()}
    place = {k: i for i, k in enumerate(sorted(kept, key=lambda k: (sum(k), k)))}
    indices = np.array(list(place), int).reshape(len(place), expansions[0].indices.shape[1])
    coefficients = np.zeros((len(indices), d))
    for each, at in zip(expansions, columns, strict=True):
        rows = np.array([place[tuple(k)] for k in each.support.tolist()], int)
        coefficients[rows[:, None], at] = each.as_arrays()["coefficients"]
    return Expansion(indices, coefficients)
