"""Finite volumes for -div(a grad p) on the unit square, p = 0 on the boundary.

n x n square cells of width h = 1/n, unknowns at their centers. The flux through the face between cells K and L and
through a face of K on the boundary, times its length h, in the direction out of K:

    t (p_K - p_L),   t = 2 a_K a_L / (a_K + a_L);            t p_K,   t = 2 a_K  (the distance is h/2).

The harmonic mean is the conductance of two half-cells in series: exact for layers, whose jumps lie on faces, where an
arithmetic mean is off by a factor; for smooth a both are of order 2. At the boundary the scheme is consistent to order
0 only, and yet p is of order 2 up to there. What flows out of all cells together flows through the boundary.

Source: R. Eymard, T. Gallouet, R. Herbin, "Finite volume methods", Handbook of Numerical Analysis VII (2000), 713-1018.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Faces = tuple[Float[Array, "faces n"], Float[Array, "n faces"]]


def centers(n: int) -> Float[np.ndarray, " n"]:
    """Of n equal cells of [0, 1]."""
    return (np.arange(n) + 0.5) / n


def transmissibilities(a: Float[Array, "n n"]) -> Faces:
    """t on the faces across x and across y; a[i, j] is that of the cell at (x_i, y_j)."""
    across_x = 2 * a[1:] * a[:-1] / (a[1:] + a[:-1])
    across_y = 2 * a[:, 1:] * a[:, :-1] / (a[:, 1:] + a[:, :-1])
    return (
        jnp.concatenate([2 * a[:1], across_x, 2 * a[-1:]]),
        jnp.concatenate([2 * a[:, :1], across_y, 2 * a[:, -1:]], axis=1),
    )


def outflow(t: Faces, p: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """What flows out of each cell: h^2 (-div(a grad p))."""
    flux_x = t[0] * jnp.diff(jnp.pad(p, ((1, 1), (0, 0))), axis=0)
    flux_y = t[1] * jnp.diff(jnp.pad(p, ((0, 0), (1, 1))), axis=1)
    return -jnp.diff(flux_x, axis=0) - jnp.diff(flux_y, axis=1)


def diagonal(t: Faces) -> Float[Array, "n n"]:
    """The diagonal of the matrix that `outflow` applies."""
    return t[0][1:] + t[0][:-1] + t[1][:, 1:] + t[1][:, :-1]


def boundary_outflow(a: Float[Array, "n n"], p: Float[Array, "n n"]) -> Float[Array, ""]:
    """What flows through the boundary of the square."""
    flux = 2 * a * p
    return flux[0].sum() + flux[-1].sum() + flux[:, 0].sum() + flux[:, -1].sum()
