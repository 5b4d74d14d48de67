"""Conditional scale: each coordinate over its own conditional root mean square.

    a_j = x_j / t_j(u),      log t_j(u)^2 = f(u)' b_j

with f Legendre polynomials of bounded total degree. It is meant for coordinates of zero mean and like size, so it comes
after transforms that make them so. Constant coordinates are left alone.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge
from jaxtyping import Float

from sgmbench.learning.log_variance import fit_log_variance
from sgmbench.learning.polynomials import largest_degree, legendre_features, total_degree_indices
from sgmbench.learning.space import varying
from sgmbench.learning.transform import Arrays, Transform

_RUNS_A_FEATURE = 20
_SMALLEST = 1e-12  # of a square, in units of the mean square of all coordinates that vary


@dataclass(frozen=True)
class ConditionalScale(Transform):
    """Unit variance of each coordinate at any condition.

    Attributes:
        degree: largest total degree of the log variance in the conditions; less with few runs; 0 makes it constant.
    """

    degree: Annotated[int, Ge(0)] = 4

    def fit(self, u, x, space):
        degree = largest_degree(u.shape[1], most_features=max(1, len(u) // _RUNS_A_FEATURE), at_most=self.degree)
        varies = varying(x)
        squares = x**2 * varies
        squares = np.where(varies, squares + _SMALLEST * squares.mean(), 1.0)
        degrees = total_degree_indices(u.shape[1], degree).sum(axis=1)
        return {"b": fit_log_variance(legendre_features(u, degree), squares, degrees), "degree": np.array(degree)}

    def encode(self, arrays, u, x):
        return x / scale_at(arrays, u)

    def decode(self, arrays, u, a):
        return a * scale_at(arrays, u)

    def log_det(self, arrays, u, x):
        return np.broadcast_to(-np.log(scale_at(arrays, u)).sum(axis=1), len(x))


def scale_at(arrays: Arrays, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n k"]:
    """t(u)."""
    return np.exp(legendre_features(u, int(arrays["degree"])) @ arrays["b"] / 2)
