"""Exact Gaussian-process regression with a Matern-5/2 kernel that has a length of its own for each input.

    a = s (g(x) + nu^(1/2) e),       g ~ GP(0, k),     e ~ N(0, 1)
    k(x, x') = (1 + r + r^2/3) exp(-r),    r^2 = 5 sum_i (x_i - x_i')^2 / l_i^2

With K the matrix of k over the n runs and R = K + nu I, the likelihood's best s^2 is a' R^-1 a / n, which leaves

    -2 log p = n log s^2 + log det R + n (1 + log 2 pi)

to be minimized over the lengths l and the nugget nu. Inputs that do not matter get long lengths (automatic relevance
determination). The posterior mean is k(x, X) w with w = R^-1 a, the variance of a new output s^2 (1 + nu - k' R^-1 k).

A likelihood and its gradient cost some n^3 operations. Distances come from one product of matrices, where a library
that evaluates k pair by pair takes n^2 p differences and keeps them for the gradient: with a hundred inputs it matters.

Source: C. Rasmussen, C. Williams, "Gaussian Processes for Machine Learning" (2006), algorithm 2.1, sections 4.2, 5.4.1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float
from scipy.optimize import minimize

from sgmbench.errors import CellError

SHORTEST, LONGEST = 1e-2, 1e3  # lengths, for inputs of order one
SMALLEST_NUGGET = 1e-10
FIRST_NUGGETS = (1e-8, 1e-2)

Objective = Callable[[Float[np.ndarray, " m"], Float[np.ndarray, "n p"], Float[np.ndarray, " n"]], Any]
"""(theta, x, a) -> (`profile`, its gradient in theta), compiled."""


class Process(NamedTuple):
    """A Gaussian process of one output, as far as it is fitted.

    Attributes:
        lengths: l.
        nugget: nu.
        variance: s^2.
        weights: w, one for each run.
    """

    lengths: Float[Array | np.ndarray, " p"]
    nugget: Float[Array | np.ndarray, ""]
    variance: Float[Array | np.ndarray, ""]
    weights: Float[Array | np.ndarray, " n"]


def kernel(
    lengths: Float[Array | np.ndarray, " p"], x: Float[Array, "n p"], y: Float[Array, "m p"]
) -> Float[Array, "n m"]:
    """k(x, y) of all rows x and y."""
    x, y = x / lengths, y / lengths
    squares = jnp.sum(x**2, axis=1)[:, None] + jnp.sum(y**2, axis=1) - 2 * x @ y.T
    r = jnp.sqrt(5 * jnp.maximum(squares, 1e-30))
    return (1 + r + r**2 / 3) * jnp.exp(-r)


def root(lengths: Float[Array, " p"], nugget: Float[Array, ""], x: Float[Array, "n p"]) -> Float[Array, "n n"]:
    """The lower triangular root of R."""
    return jnp.linalg.cholesky(kernel(lengths, x, x) + nugget * jnp.eye(len(x)))


def profile(
    theta: Float[Array, " m"], x: Float[Array, "n p"], a: Float[Array, " n"]
) -> tuple[Float[Array, ""], Float[Array, " n"]]:
    """-(log p)/n at theta = (log l, log nu) and the best s^2, without its constant; and the weights there."""
    lower = root(jnp.exp(theta[:-1]), jnp.exp(theta[-1]), x)
    weights = cho_solve((lower, True), a)
    return jnp.log(a @ weights / len(a)) / 2 + jnp.mean(jnp.log(jnp.diagonal(lower))), weights


def fit_process(
    value_and_gradient: Objective,
    x: Float[np.ndarray, "n p"],
    a: Float[np.ndarray, " n"],
    *,
    nugget: float | None,
    iterations: int,
) -> Process:
    """The process of the largest likelihood that L-BFGS-B finds from lengths of a typical distance between runs.

    It begins with a small nugget and with a large one: noise and short lengths explain the same runs.

    Args:
        value_and_gradient: of `profile`, by `jax.value_and_grad(profile, has_aux=True)`.
        x: inputs of order one.
        a: outputs, not all of them zero.
        nugget: nu, or None where it is to be found too.
        iterations: of L-BFGS-B at most, from each beginning.

    Raises:
        CellError: R is not positive definite in float64.
    """
    p = x.shape[1]
    of_nugget = (SMALLEST_NUGGET, 1.0) if nugget is None else (nugget, nugget)
    bounds = np.log([*[(SHORTEST, LONGEST)] * p, of_nugget])

    def of_theta(theta: Float[np.ndarray, " m"]) -> tuple[float, Float[np.ndarray, " m"]]:
        (value, _), gradient = value_and_gradient(theta, x, a)
        return float(value), np.asarray(gradient)

    ends = [
        minimize(
            of_theta,
            np.log([*[np.sqrt(p)] * p, first]),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": iterations},
        )
        for first in (FIRST_NUGGETS if nugget is None else (nugget,))
    ]
    found = min(ends, key=lambda end: end.fun if np.isfinite(end.fun) else np.inf)
    if not np.isfinite(found.fun):
        raise CellError(
            f"the covariance of {len(x)} runs is not positive definite in float64; write a larger nugget, 1e-6 say"
        )
    weights = np.asarray(value_and_gradient(found.x, x, a)[0][1])
    return Process(np.exp(found.x[:-1]), np.asarray(np.exp(found.x[-1])), np.asarray(a @ weights / len(a)), weights)
