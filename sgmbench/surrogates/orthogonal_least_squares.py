"""Orthogonal least squares: features chosen one after the other, and as many as cross-validation can tell.

With F_j' the part of feature j that is orthogonal to those chosen, the next one is

    argmax_j  |F_j'^T y|^2 / |F_j'|^2

which takes most from the squared residual of all outputs together. It is a Cholesky factorization of F^T F with this
rule for its pivots: n p^2 operations for the product, s^2 p for s features of p.

How many are kept is found by cross-validation in which each fold chooses anew. The leave-one-out error of one fit, for
which there is a closed form,

    e_i / (1 - h_i),    h the diagonal of F (F^T F)^-1 F^T,

holds for features that were chosen without the runs. Where the same runs choose s of p features it is too small: with
many candidates it falls without end on pure noise, since the best of p gains 2 log p where 2 pays for it.

Sources: S. Chen, S. Billings, W. Luo, "Orthogonal least squares methods and their application to non-linear system
identification", Int. J. Control 50 (1989) 1873-1896; G. Blatman, B. Sudret, "Adaptive sparse polynomial chaos expansion
based on least angle regression", J. Comput. Phys. 230 (2011) 2345-2367, for leave-one-out errors of expansions.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import solve_triangular

FOLDS = 5
_COLLINEAR = 1e-10  # of the square of a feature, what is left of it
_ROUNDING = 1e-28  # of the squared outputs


class Selection(NamedTuple):
    """Features in the order of choice.

    Attributes:
        order: their columns.
        error: cross-validated mean squared error over the variance, summed over outputs.
    """

    order: Int[np.ndarray, " s"]
    error: float


class Path(NamedTuple):
    """A choice as a factorization: F[:, order] = Q R with orthonormal Q, and Q^T y."""

    order: Int[np.ndarray, " s"]
    R: Float[np.ndarray, "s s"]
    projected: Float[np.ndarray, "s d"]


def select(features: Float[np.ndarray, "n p"], y: Float[np.ndarray, "n d"], *, runs_a_feature: float) -> Selection:
    """The features that cross-validation finds best, among the first n/runs_a_feature that are chosen.

    The first column is chosen first: it is the constant.
    """
    n = len(y)
    most = min(features.shape[1], max(1, int((n - -(-n // FOLDS)) / runs_a_feature)))
    gram, moment, squares = features.T @ features, features.T @ y, float(np.sum(y**2))
    errors = np.zeros(most)
    for k in range(FOLDS):
        out, own = features[k::FOLDS], y[k::FOLDS]
        path = choose(gram - out.T @ out, moment - out.T @ own, squares, most)
        errors += _squared_errors(path, out, own, most)
    best = int(np.argmin(errors))
    order = choose(gram, moment, squares, best + 1).order
    variance = float(np.sum((y - y.mean(axis=0)) ** 2))
    return Selection(order, float(errors[best]) / variance if variance > 0 else 0.0)


def fit(features: Float[np.ndarray, "n s"], y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "s d"]:
    """Coefficients of least squares."""
    return np.linalg.lstsq(features, y)[0]


def leave_one_out(features: Float[np.ndarray, "n s"], y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """y_i less what the fit without run i predicts there."""
    Q, _ = np.linalg.qr(features)
    left = 1 - np.sum(Q**2, axis=1, keepdims=True)
    return (y - Q @ (Q.T @ y)) / np.maximum(left, np.finfo(float).tiny)


def choose(gram: Float[np.ndarray, "p p"], moment: Float[np.ndarray, "p d"], squares: float, most: int) -> Path:
    """Up to `most` features, until they are collinear or nothing is left to explain."""
    own, diagonal = gram.diagonal().copy(), gram.diagonal()
    moment = moment.copy()
    rows, projected = np.zeros((most, len(gram))), np.zeros((most, moment.shape[1]))
    order: list[int] = []
    for s in range(most):
        usable = own > _COLLINEAR * diagonal
        gain = np.where(usable, np.sum(moment**2, axis=1) / np.where(usable, own, 1.0), 0.0)
        j = int(np.argmax(gain)) if s else 0
        if s and gain[j] <= _ROUNDING * squares:
            break
        rows[s] = (gram[j] - rows[:s, j] @ rows[:s]) / np.sqrt(own[j])
        projected[s] = moment[j] / np.sqrt(own[j])
        own -= rows[s] ** 2
        own[j] = 0.0
        moment -= np.outer(rows[s], projected[s])
        order.append(j)
    s = len(order)
    return Path(np.array(order), np.triu(rows[:s, order]), projected[:s])


def _squared_errors(
    path: Path, features: Float[np.ndarray, "n p"], y: Float[np.ndarray, "n d"], most: int
) -> Float[np.ndarray, " most"]:
    """Summed over runs that had no part in the choice, of its first 1, 2, ... `most` features."""
    Q = solve_triangular(path.R.T, features[:, path.order].T, lower=True)
    residual, errors = y.copy(), np.empty(most)
    for s, (q, projected) in enumerate(zip(Q, path.projected, strict=True)):
        residual -= np.outer(q, projected)
        errors[s] = np.sum(residual**2)
    errors[len(path.order) :] = errors[len(path.order) - 1]
    return errors
