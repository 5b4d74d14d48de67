"""Control variates: what residuals of other fields explain of a field's residuals.

Fields of one run err together. Where the mean of one field is known better than that of another, since it depends on
fewer features or since its noise vanishes somewhere, its residuals, of mean zero at any conditions, tell what part of
the other's is noise:

    y - f(u)'b = sum_ik g_ik h_k(u) a_i + rest

with a_i the leading modes of the known residuals over their conditional scale, and h_k polynomials, since the link
varies with the conditions. The regression of b then errs as the rest does. Source: A. Zellner, "An efficient method of
estimating seemingly unrelated regressions", J. Am. Stat. Assoc. 57 (1962) 348-368; P. Glasserman, "Monte Carlo Methods
in Financial Engineering" (2003), section 4.1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.sparse.linalg import svds

from sgmbench.learning.polynomials import largest_degree, legendre_features

RUNS_A_CONTROL = 20
MODES = 10
DEGREE = 2
_RIDGE = 1e-6  # of a control's own square


@dataclass(frozen=True)
class Controls:
    """Variables of mean zero at any conditions.

    Attributes:
        values: one row for each run.
    """

    values: Float[np.ndarray, "n m"]

    def explain(
        self, residual: Float[np.ndarray, "n d"], variance: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " d"]]:
        """The part of residuals that controls explain, and the share of each column's variance that they do not.

        One weight for each run, the inverse of the variance averaged over the columns.
        """
        weight = 1 / np.mean(variance / variance.mean(axis=0), axis=1, keepdims=True)
        gram = self.values.T @ (weight * self.values)
        gram[np.diag_indices(len(gram))] *= 1 + _RIDGE
        explained = self.values @ np.linalg.solve(gram, self.values.T @ (weight * residual))
        return explained, np.mean((residual - explained) ** 2 / variance, axis=0)


def controls_of(u: Float[np.ndarray, "n q"], residuals: Float[np.ndarray, "n d"]) -> Controls:
    """Products of the leading modes of residuals of about unit size with polynomials of the conditions.

    There are no more of them than one for each 20 runs.
    """
    most = max(1, len(u) // RUNS_A_CONTROL)
    modes = _leading(residuals, min(MODES, most))
    features = legendre_features(u, largest_degree(u.shape[1], most_features=most // modes.shape[1], at_most=DEGREE))
    return Controls((modes[:, :, None] * features[:, None, :]).reshape(len(u), -1))


def _leading(residuals: Float[np.ndarray, "n d"], count: int) -> Float[np.ndarray, "n k"]:
    """Leading principal components, of unit size."""
    if count < min(residuals.shape):
        _, _, directions = svds(residuals, k=count, v0=np.ones(min(residuals.shape)))
        residuals = residuals @ np.asarray(directions).T
    size = np.sqrt(np.mean(residuals**2, axis=0))
    return residuals[:, size > 0] / size[size > 0]
