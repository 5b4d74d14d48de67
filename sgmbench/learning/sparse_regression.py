"""Weighted sparse Bayesian regression of many outputs on one basis.

    y_j = f(u)' b_j + noise of variance s_j(u)^2,     b_jk ~ N(0, v_jk)

Automatic relevance determination finds v_jk by the fixed point

    v_jk = b_jk^2 / (threshold gamma_jk),     gamma_jk = 1 - Sigma_kk / v_jk

With threshold 1 it is MacKay's, which keeps features that are noise; a larger one drops a feature whose squared
t-value lies below it and shrinks the others by 1 - threshold/t^2, as the nonnegative garrote does. An unbiased fit of p
features has squared error sigma^2 p/n: every feature too many is paid for at every condition.

Sources: D. MacKay, "Bayesian interpolation" (1992); M. Tipping, "Sparse Bayesian learning and the relevance vector
machine" (2001); L. Breiman, "Better subset regression using the nonnegative garrote" (1995).
"""

import numpy as np
from jaxtyping import Float

THRESHOLD = 4.0
ITERATIONS = 40
_SMALLEST = 1e-14


def sparse_regression(
    features: Float[np.ndarray, "n p"],
    y: Float[np.ndarray, "n d"],
    variance: Float[np.ndarray, "n d"],
    *,
    threshold: float = THRESHOLD,
) -> Float[np.ndarray, "p d"]:
    """Coefficients b; y should be of order one, since priors start wide at that scale."""
    p, d = features.shape[1], y.shape[1]
    gram, moment = np.empty((d, p, p)), np.empty((d, p))
    for j in range(d):
        root = variance[:, j] ** -0.5
        weighted = features * root[:, None]
        gram[j], moment[j] = weighted.T @ weighted, weighted.T @ (y[:, j] * root)
    prior = np.full((d, p), 1e4)
    b = np.zeros((d, p))
    for _ in range(ITERATIONS):
        b, gamma = _posterior(gram, moment, prior)
        prior = np.maximum(b**2 / np.maximum(threshold * gamma, 1e-9), _SMALLEST)
    return b.T


def _posterior(
    gram: Float[np.ndarray, "d p p"], moment: Float[np.ndarray, "d p"], prior: Float[np.ndarray, "d p"]
) -> tuple[Float[np.ndarray, "d p"], Float[np.ndarray, "d p"]]:
    """Posterior means, and gamma, how well the data determine each coefficient; in units of the prior's roots."""
    root = np.sqrt(prior)
    inverse = np.linalg.inv(root[:, :, None] * gram * root[:, None, :] + np.eye(prior.shape[1]))
    b = root * np.einsum("dkl,dl->dk", inverse, root * moment)
    return b, 1 - np.einsum("dkk->dk", inverse)
