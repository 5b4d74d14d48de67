"""Control variates: what residuals of other fields explain of a field's residuals, and of their squares.

Fields of one run err together. Where the mean of one field is known better than that of another, since it depends on
fewer features or since its noise vanishes somewhere, its residuals, of mean zero at any conditions, tell what part of
the other's is noise:

    y - f(u)'b = e + rest,      e = sum_i a_i G_i(u),      G_i = sum_k g_ik h_k(u)

with a_i the leading modes of the known residuals over their conditional scale, and h_k polynomials, since the link
varies with the conditions. The regression of b then errs as the rest does. The squares of y - f(u)'b have a control as
well, once the covariance of the modes is known as a function of the conditions:

    e^2 - G(u)' E[a a' given u] G(u)

whose mean is zero at any conditions too. Source: A. Zellner, "An efficient method of estimating seemingly unrelated
regressions", J. Am. Stat. Assoc. 57 (1962) 348-368; P. Glasserman, "Monte Carlo Methods in Financial Engineering"
(2003), section 4.1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.sparse.linalg import svds

from sgmbench.learning.conditional_covariance import conditional_covariance
from sgmbench.learning.polynomials import largest_degree, legendre_features

RUNS_A_CONTROL = 20
MODES = 10
DEGREE = 2
FEWEST_SQUARED = 10_000  # runs; with fewer, the covariance of the modes errs more than it explains
_RIDGE = 1e-6  # of a control's own square
_ENTRIES = 10_000_000  # of the links of the runs that are seen at once


@dataclass(frozen=True)
class Controls:
    """Variables of mean zero at any conditions: products of modes with polynomials.

    Attributes:
        modes: a at the runs.
        features: h at the runs.
        covariance: E[a a' given u] at the runs; None where it is not known well enough for squares.
    """

    modes: Float[np.ndarray, "n k"]
    features: Float[np.ndarray, "n l"]
    covariance: Float[np.ndarray, "n k k"] | None = None

    def explain(
        self, residual: Float[np.ndarray, "n d"], variance: Float[np.ndarray, "n d"]
    ) -> Float[np.ndarray, "n d"]:
        """The part e of residuals that the modes explain.

        One weight for each run, the inverse of the variance averaged over the columns.
        """
        values = self._values()
        return values @ self._coefficients(values, residual, variance)

    def explain_squares(
        self, residual: Float[np.ndarray, "n d"], variance: Float[np.ndarray, "n d"]
    ) -> Float[np.ndarray, "n d"]:
        """e^2 less its mean at each run's conditions; 0 where the modes' covariance is not known."""
        if self.covariance is None:
            return np.zeros_like(residual)
        values = self._values()
        coefficients = self._coefficients(values, residual, variance)
        links = coefficients.reshape(self.modes.shape[1], self.features.shape[1], -1)
        mean = np.empty_like(residual)
        for rows in np.array_split(np.arange(len(residual)), 1 + links[:, 0].size * len(residual) // _ENTRIES):
            link = self.features[rows] @ links  # [k, rows, d]
            across = np.einsum("nkl,lnd->knd", self.covariance[rows], link, optimize=True)
            mean[rows] = np.sum(link * across, axis=0)
        return (values @ coefficients) ** 2 - mean

    def _values(self) -> Float[np.ndarray, "n m"]:
        return (self.modes[:, :, None] * self.features[:, None, :]).reshape(len(self.modes), -1)

    @staticmethod
    def _coefficients(
        values: Float[np.ndarray, "n m"], residual: Float[np.ndarray, "n d"], variance: Float[np.ndarray, "n d"]
    ) -> Float[np.ndarray, "m d"]:
        weight = 1 / np.mean(variance / variance.mean(axis=0), axis=1, keepdims=True)
        gram = values.T @ (weight * values)
        own = np.diag(gram)
        np.fill_diagonal(gram, np.where(own > 0, (1 + _RIDGE) * own, 1.0))  # what vanishes in all runs gets no part
        return np.linalg.solve(gram, values.T @ (weight * residual))


def controls_of(u: Float[np.ndarray, "n q"], residuals: Float[np.ndarray, "n d"]) -> Controls:
    """Products of the leading modes of residuals of about unit size with polynomials of the conditions.

    There are no more of them than one for each 20 runs.
    """
    most = max(1, len(u) // RUNS_A_CONTROL)
    modes = _leading(residuals, min(MODES, most))
    features = legendre_features(u, largest_degree(u.shape[1], most_features=most // modes.shape[1], at_most=DEGREE))
    return Controls(modes, features, conditional_covariance(u, modes) if len(u) >= FEWEST_SQUARED else None)


def _leading(residuals: Float[np.ndarray, "n d"], count: int) -> Float[np.ndarray, "n k"]:
    """Leading principal components, of unit size."""
    if count < min(residuals.shape):
        _, _, directions = svds(residuals, k=count, v0=np.ones(min(residuals.shape)))
        residuals = residuals @ np.asarray(directions).T
    size = np.sqrt(np.mean(residuals**2, axis=0))
    return residuals[:, size > 0] / size[size > 0]
