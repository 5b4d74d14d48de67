"""Weighted sparse Bayesian regression of many outputs that share their evidence.

    y_j = f(u)' b_j + noise of variance s_j(u)^2,     b_jk ~ N(0, v_jk tau_j^2)

where tau_j^2 is the harmonic mean of s_j^2 over the runs. Automatic relevance determination finds the v_jk by the fixed
point

    v_jk = <(b_jk / tau_j)^2> / (threshold_k <gamma_jk>),     gamma_jk = 1 - Sigma_kk / (v_jk tau_j^2)

where <> averages over outputs i with weights that say how much j has in common with i.

With threshold 1 it is MacKay's, which keeps features that are noise; a larger one drops a feature whose squared
t-value, on that average, lies below it and shrinks the others by 1 - threshold/t^2, as the nonnegative
garrote does. An unbiased fit of p features has squared error sigma^2 p/n: every feature too many is paid for at every
condition, and the points of one field have more to say about a feature together than each has alone.

Sources: D. MacKay, "Bayesian interpolation" (1992); M. Tipping, "Sparse Bayesian learning and the relevance vector
machine" (2001); D. Wipf, B. Rao, "An empirical Bayesian strategy for solving the simultaneous sparse approximation
problem" (2007), for v that outputs share; L. Breiman, "Better subset regression using the nonnegative garrote" (1995).
"""

import numpy as np
from jaxtyping import Float, Num

ITERATIONS = 60
_SETTLED = 1e-2  # relative change of every v_k that still counts
_DROPPED = 1e-10  # v_k of a feature that has left
_SMALLEST = 1e-14


def sparse_regression(
    features: Float[np.ndarray, "n p"],
    y: Float[np.ndarray, "n d"],
    variance: Float[np.ndarray, "n d"],
    *,
    threshold: Num[np.ndarray, " p"],
    sharing: Float[np.ndarray, "d d"],
) -> Float[np.ndarray, "p d"]:
    """Coefficients b, zero where a feature was dropped.

    Args:
        features: f at the runs.
        y: outputs of order one, since v starts wide.
        variance: s^2, positive.
        threshold: of each feature, 1 or more.
        sharing: weights of outputs i in the average of j, rows of sum 1; the identity lets each stand alone.
    """
    n, p = features.shape
    tau = np.sqrt(n / np.sum(1 / variance, axis=0))
    gram, moment = _normal_equations(features, y / tau, variance / tau**2)
    prior = np.full((y.shape[1], p), 1e4)
    b = np.zeros((y.shape[1], p))
    for _ in range(ITERATIONS):
        b, gamma = _posterior(gram, moment, prior)
        found = np.maximum(sharing @ b**2 / np.maximum(threshold * (sharing @ gamma), 1e-9), _SMALLEST)
        change = np.abs(np.log(found / prior))[found > _DROPPED].max(initial=0)
        prior = found
        if change < _SETTLED:
            break
    return np.where(prior > _DROPPED, b, 0.0).T * tau


def _normal_equations(
    features: Float[np.ndarray, "n p"], y: Float[np.ndarray, "n d"], variance: Float[np.ndarray, "n d"]
) -> tuple[Float[np.ndarray, "d p p"], Float[np.ndarray, "d p"]]:
    """F' W_j F and F' W_j y_j of all outputs j, one after another: of no more memory than the features take."""
    weighted = ((features / sd[:, None], each / sd) for sd, each in zip(np.sqrt(variance).T, y.T, strict=True))
    gram, moment = zip(*((F.T @ F, F.T @ values) for F, values in weighted), strict=True)
    return np.stack(gram), np.stack(moment)


def _posterior(
    gram: Float[np.ndarray, "d p p"], moment: Float[np.ndarray, "d p"], prior: Float[np.ndarray, "d p"]
) -> tuple[Float[np.ndarray, "d p"], Float[np.ndarray, "d p"]]:
    """Posterior means, and gamma, how well the data determine each coefficient; in units of tau.

    Features that have left all outputs take no part in the inverse: b and gamma are theirs to first order in v.
    """
    kept = (prior > _DROPPED).any(axis=0)
    root = np.sqrt(prior[:, kept])
    inverse = np.linalg.inv(root[:, :, None] * gram[:, kept][:, :, kept] * root[:, None, :] + np.eye(kept.sum()))
    covariance = root[:, :, None] * inverse * root[:, None, :]
    across = gram[:, ~kept][:, :, kept]
    b, gamma = np.empty_like(prior), np.empty_like(prior)
    b[:, kept] = np.einsum("dkl,dl->dk", covariance, moment[:, kept])
    b[:, ~kept] = prior[:, ~kept] * (moment[:, ~kept] - np.einsum("dkl,dl->dk", across, b[:, kept]))
    gamma[:, kept] = 1 - np.einsum("dkk->dk", inverse)
    explained = np.einsum("dkl,dkl->dk", across @ covariance, across)
    gamma[:, ~kept] = prior[:, ~kept] * (np.einsum("dkk->dk", gram)[:, ~kept] - explained)
    return b, gamma
