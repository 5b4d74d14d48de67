"""The law of overdamped Langevin dynamics in one dimension, to the accuracy of a quadrature.

    dX = -V'(X) dt + s dW,   X(0) = x_0         density p(x, t),   stationary density pi(x) ~ exp(-2 V(x) / s^2)

p = sqrt(pi) q turns the Fokker-Planck equation into q_t = -H q with a symmetric Schroedinger operator

    H = -(s^2/2) d^2/dx^2 + V'^2 / (2 s^2) - V'' / 2,      H sqrt(pi) = 0,

here on sinc functions of a uniform grid, for which errors fall exponentially as the grid becomes finer and wider:

    p(x_i, t) = sqrt(pi(x_i) / pi(x_0)) sum_k psi_k(x_i) exp(-lambda_k t) psi_k(x_0) / dx.

Source: H. Risken, "The Fokker-Planck Equation" (1989), section 5.4; D. T. Colbert, W. H. Miller, J. Chem. Phys. 96
(1992) 1982-1991, equation 2.1.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Potential = Callable[[Array], Array]


def stationary_density(V: Potential, s: float, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """pi on a uniform grid that is wide enough to hold all of it."""
    exponent = -2 / s**2 * np.asarray(V(jnp.asarray(x)))
    weight = np.exp(exponent - exponent.max())
    return weight / (weight.sum() * (x[1] - x[0]))


def langevin_density(
    V: Potential, s: float, x: Float[np.ndarray, " n"], times: Float[np.ndarray, " m"]
) -> Float[np.ndarray, "m n"]:
    """p at each time, on a uniform grid of odd length whose middle is x_0."""
    dx, middle = x[1] - x[0], len(x) // 2
    distance = np.subtract.outer(np.arange(len(x)), np.arange(len(x)))
    second_derivative = 2 * (-1.0) ** distance / np.where(distance == 0, 1, distance) ** 2
    np.fill_diagonal(second_derivative, np.pi**2 / 3)
    slope, curvature = (
        np.asarray(jax.vmap(derivative)(jnp.asarray(x))) for derivative in (jax.grad(V), jax.grad(jax.grad(V)))
    )
    H = s**2 / 2 / dx**2 * second_derivative + np.diag(slope**2 / (2 * s**2) - curvature / 2)
    eigenvalues, psi = np.linalg.eigh(H)
    root = np.sqrt(stationary_density(V, s, x))
    return root / root[middle] * ((np.exp(-np.outer(times, eigenvalues)) * psi[middle]) @ psi.T) / dx
