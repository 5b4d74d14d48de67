"""Mean and standard deviation of every output coordinate as functions of the conditions u.

The mean is a sparse polynomial, weighted by the inverse variance: where the spread is small (for the porous electrode
at small flux it is 3 % of its global value) the same absolute error counts for more. The variance is a sum of squares
of polynomials. The two are fitted in turns, from least squares of degree 2 and a log-linear variance.
"""

from dataclasses import dataclass
from typing import Annotated

import jax
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float, Key

from sgmbench.learning.log_variance import fit_log_variance
from sgmbench.learning.polynomials import largest_degree, legendre_features, total_degree_indices
from sgmbench.learning.random_coefficients import fit_random_coefficients, random_coefficient_variance
from sgmbench.learning.sparse_regression import sparse_regression

Moments = dict[str, np.ndarray]
_TURNS = ((2000, 0.02), (2000, 0.01), (1000, 0.003))  # steps and learning rate of the variance in each turn
_TINY = 1e-14
_RUNS_A_FEATURE = 20


@dataclass(frozen=True)
class ConditionalMoments:
    """Regression of mean and standard deviation on the conditions.

    Attributes:
        mean_degree: largest total degree of the mean; less with few runs.
        variance_degree: of the polynomials whose squares add up to the variance.
    """

    mean_degree: Annotated[int, Ge(0)] = 5
    variance_degree: Annotated[int, Ge(0)] = 2

    def fit(self, u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"], key: Key[Array, ""]) -> Moments:
        """The fitted moments; coordinates are standardized globally first, constant ones are left alone."""
        n, q = u.shape
        center, scale = y.mean(axis=0), y.std(axis=0)
        scale = np.where(scale > 1e-12 * (np.abs(center) + scale.max()), scale, 1.0)
        standard = (y - center) / scale
        most = max(1, n // _RUNS_A_FEATURE)
        mean_degree = largest_degree(q, most_features=most, at_most=self.mean_degree)
        variance_degree = largest_degree(q, most_features=most, at_most=self.variance_degree)
        features, small = legendre_features(u, mean_degree), legendre_features(u, variance_degree)
        squares = (standard - small @ np.linalg.lstsq(small, standard, rcond=None)[0]) ** 2
        degrees = total_degree_indices(q, variance_degree).sum(axis=1)
        variance = np.exp(small @ fit_log_variance(small, squares + _TINY, degrees))
        b, coefficients = np.zeros((features.shape[1], y.shape[1])), None
        for turn, (steps, rate) in enumerate(_TURNS):
            b = sparse_regression(features, standard, variance)
            squares = (standard - features @ b) ** 2 + _TINY
            turn_key = jax.random.fold_in(key, turn)
            coefficients = fit_random_coefficients(
                small, squares, key=turn_key, start=coefficients, steps=steps, learning_rate=rate
            )
            variance = random_coefficient_variance(coefficients, small)
        degrees_used = {"mean_degree": np.array(mean_degree), "variance_degree": np.array(variance_degree)}
        return {"center": center, "unit": scale, "b": b, **degrees_used, **(coefficients or {})}


def mean_at(moments: Moments, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """E[y given u]."""
    features = legendre_features(u, int(moments["mean_degree"]))
    return moments["center"] + moments["unit"] * (features @ moments["b"])


def sd_at(moments: Moments, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """Standard deviation of y given u, coordinate by coordinate."""
    features = legendre_features(u, int(moments["variance_degree"]))
    return moments["unit"] * np.sqrt(random_coefficient_variance(moments, features))
