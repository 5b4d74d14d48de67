"""The Karhunen-Loeve modes of a process on [0, 1] with covariance K(x, x') = exp(-(x - x')^2 / 2 l^2).

    int_0^1 K(x, x') phi_i(x') dx' = lambda_i phi_i(x),      |phi_i| = 1,  phi_i(1) > 0,  lambda_0 > lambda_1 > ...

by Nystrom's method: with Gauss-Legendre nodes x_q and weights w_q on [0, 1],

    W^1/2 K W^1/2 = U Lambda U',         lambda_i^1/2 phi_i(x) = lambda_i^-1/2 sum_q K(x, x_q) w_q^1/2 U_qi,

whatever the points x, so that one germ is one process on every mesh. The eigenvalues decay faster than any power and
those below round-off come with arbitrary vectors: lambda_i^-1/2 is taken as (lambda_i + delta)^-1/2, delta = 100 units
of round-off, which lets them fade out and changes nothing above.

Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning" (2006), section 4.3.2.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

NODES = 32
FADE = 100  # units of round-off


def scaled_modes(x: Float[np.ndarray, " n"], length: Float[Array, ""], *, modes: int) -> Float[Array, "n k"]:
    """lambda_i^1/2 phi_i(x) in columns, for the `modes` largest eigenvalues; at most 32."""
    nodes, weights = (each / 2 for each in np.polynomial.legendre.leggauss(NODES))
    nodes, root = nodes + 0.5, np.sqrt(weights)
    eigenvalues, U = jnp.linalg.eigh(root[:, None] * _covariance(nodes, nodes, length) * root)
    eigenvalues, U = eigenvalues[::-1][:modes], U[:, ::-1][:, :modes]
    U = U * jnp.where(U[-1] < 0, -1.0, 1.0)
    delta = FADE * jnp.finfo(eigenvalues.dtype).eps
    return (_covariance(x, nodes, length) * root) @ U / jnp.sqrt(eigenvalues + delta)


def _covariance(
    x: Float[np.ndarray, " n"], nodes: Float[np.ndarray, " q"], length: Float[Array, ""]
) -> Float[Array, "n q"]:
    return jnp.exp(-(((x[:, None] - nodes) / length) ** 2) / 2)
