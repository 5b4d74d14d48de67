"""Log-linear variances: log s_j(u)^2 = f(u)' b_j, by gamma quasi-likelihood.

For squared residuals r^2 with E r^2 = s^2 the quasi-log-likelihood is -(r^2/s^2 + log s^2)/2. Fisher scoring has one
matrix for all outputs, F'F/2 plus a ridge that grows with the degree of a feature; steps are cut so that no log s^2
moves by more than 2. Source: P. McCullagh, J. Nelder, "Generalized Linear Models" (1989), ch. 8 and 10.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

ITERATIONS = 25


def fit_log_variance(
    features: Float[np.ndarray, "n p"], squares: Float[np.ndarray, "n d"], degrees: Int[np.ndarray, " p"]
) -> Float[np.ndarray, "p d"]:
    """Coefficients b of the log variance.

    Args:
        features: f(u), the first column constant.
        squares: squared residuals, positive.
        degrees: total degree of each feature, for the ridge.
    """
    ridge = np.where(np.arange(len(degrees)) == 0, 1e-6, (1.0 + degrees) ** 2)
    inverse = np.linalg.inv(features.T @ features / 2 + np.diag(ridge))
    return np.asarray(_scoring(features, squares, ridge, inverse))


@jax.jit
def _scoring(f, q, ridge, inverse):
    """All of the steps, compiled once for each shape."""

    def step(_, b):
        gradient = f.T @ (q * jnp.exp(-(f @ b)) - 1) / 2 - ridge[:, None] * b
        step = inverse @ gradient
        largest = jnp.max(jnp.abs(f @ step), axis=0)
        return b + step * jnp.minimum(1.0, 2.0 / jnp.maximum(largest, 1e-9))

    b = jnp.zeros((f.shape[1], q.shape[1])).at[0].set(jnp.log(q.mean(axis=0)))
    return jax.lax.fori_loop(0, ITERATIONS, step, b)
