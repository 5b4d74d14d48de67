"""Mean and standard deviation of every output coordinate as functions of the conditions u.

    E[y_j given u] = f(u)' b_j,      Var[y_j given u] = g(u)' a_j

with f and g Legendre polynomials of bounded total degree, both by sparse regression, in turns: the mean of y weighted
by the inverse variance, then the variance from the squared residuals r^2, whose own variance is 2 Var^2 for Gaussian
data. Where the spread is small the same absolute error counts for more: the potential of the porous electrode varies by
0.04 % of its global spread as the flux vanishes, and only weighted runs near there can say so. A variance that is
linear in its coefficients can fall to zero along a surface in u, as that of a model linear in random coefficients does
(then g of twice the model's degree is exact); a log-linear one, which cannot, only starts the iteration.

Source: M. Davidian, R. Carroll, "Variance function estimation", J. Am. Stat. Assoc. 82 (1987) 1079-1091.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge
from jaxtyping import Float

from sgmbench.learning.log_variance import fit_log_variance
from sgmbench.learning.polynomials import largest_degree, legendre_features, total_degree_indices
from sgmbench.learning.sparse_regression import sparse_regression

Moments = dict[str, np.ndarray]
_TURNS = 6
_START_DEGREE = 3
_RUNS_A_FEATURE = 20
_SMALLEST = 1e-10  # of a variance, in units of the coordinate's global variance
_LARGEST_FALL = 0.1  # of a variance in one turn, so that a negative prediction does not give a run all the weight


@dataclass(frozen=True)
class ConditionalMoments:
    """Regression of mean and standard deviation on the conditions.

    Attributes:
        mean_degree: largest total degree of the mean; less with few runs; 0 switches it off.
        variance_degree: likewise of the variance.
    """

    mean_degree: Annotated[int, Ge(0)] = 5
    variance_degree: Annotated[int, Ge(0)] = 4

    def fit(self, u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"]) -> Moments:
        """The fitted moments; coordinates are standardized globally first, constant ones are left alone."""
        center, unit, varies = _standardization(y)
        standard = (y - center) / unit
        most = max(1, len(u) // _RUNS_A_FEATURE)
        mean_degree, variance_degree, start_degree = (
            largest_degree(u.shape[1], most_features=most, at_most=degree)
            for degree in (self.mean_degree, self.variance_degree, min(_START_DEGREE, self.variance_degree))
        )
        f, g = legendre_features(u, mean_degree), legendre_features(u, variance_degree)
        variance = _start(u, standard, start_degree)
        a = b = np.zeros((0, y.shape[1]))
        for _ in range(_TURNS):
            b = sparse_regression(f, standard, variance)
            squares = (standard - f @ b) ** 2
            level = np.maximum(squares.mean(axis=0), _SMALLEST)
            a = level * sparse_regression(g, squares / level, 2 * (variance / level) ** 2)
            variance = np.maximum(g @ a, np.maximum(_LARGEST_FALL * variance, _SMALLEST))
        degrees = {"mean_degree": np.array(mean_degree), "variance_degree": np.array(variance_degree)}
        return {"center": center, "unit": unit, "varies": varies, "b": b, "a": a, **degrees}


def mean_at(moments: Moments, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """E[y given u]."""
    features = legendre_features(u, int(moments["mean_degree"]))
    return moments["center"] + moments["unit"] * np.where(moments["varies"], features @ moments["b"], 0.0)


def sd_at(moments: Moments, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """Standard deviation of y given u, coordinate by coordinate; 0 for constant ones."""
    features = legendre_features(u, int(moments["variance_degree"]))
    variance = np.maximum(features @ moments["a"], _SMALLEST)
    return moments["unit"] * np.where(moments["varies"], np.sqrt(variance), 0.0)


def _standardization(
    y: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"], np.ndarray]:
    """Global mean and standard deviation, 1 for coordinates that are constant, and which are not."""
    center, sd = y.mean(axis=0), y.std(axis=0)
    varies = sd > 1e-12 * (np.abs(center) + sd.max())
    return center, np.where(varies, sd, 1.0), varies


def _start(u: Float[np.ndarray, "n q"], standard: Float[np.ndarray, "n d"], degree: int) -> Float[np.ndarray, "n d"]:
    """A log-linear variance of the residuals of least squares."""
    features = legendre_features(u, degree)
    least_squares = legendre_features(u, min(degree, 2))
    residual = standard - least_squares @ np.linalg.lstsq(least_squares, standard, rcond=None)[0]
    degrees = total_degree_indices(u.shape[1], degree).sum(axis=1)
    return np.exp(features @ fit_log_variance(features, residual**2 + _SMALLEST, degrees))
