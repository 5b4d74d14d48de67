"""-div(a grad p) = f on the unit square, p = 0 on the boundary, for one a of many.

Conjugate gradients for the finite volumes A p = h^2 f, preconditioned by Poisson's matrix L (a = 1) in scaled unknowns:

    M = S^-1 L S^-1,      S = (diag L / diag A)^1/2  ~  a^-1/2

since -div(a grad p) = a^1/2 (-Laplace + q) a^1/2 p,  q = (Laplace a^1/2) / a^1/2: for a smooth a the number of
iterations depends on q and neither on the contrast of a nor on the mesh; where a jumps it grows slowly with n (for the
two phases of `darcy_threshold` from 14 on 16 x 16 to 31 on 64 x 64 cells). L is diagonal in discrete sines,

    L_1 = tridiag(-1, 2, -1), 3 in both corners:   V_jk ~ sin(pi k (j - 1/2) / n),   lambda_k = 4 sin^2(pi k / 2n),
    L = L_1 x I + I x L_1,

so that L^-1 is four products of n x n matrices. Their number is that of the batch's slowest run.

(r' M^-1 r)^1/2 of the final residual r, over that of h^2 f, estimates the relative error in the energy norm; where
it is not small the answer is NaN. (The plain residual is no judge: cells of large a dominate it.)

Source: P. Concus, G. H. Golub, "Use of fast direct methods for the efficient numerical solution of nonseparable
elliptic equations", SIAM J. Numer. Anal. 10 (1973) 1103-1120.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax.scipy.sparse.linalg import cg
from jaxtyping import Array, Float

from sgmbench.problems.numerics.finite_volumes import Faces, diagonal, outflow, transmissibilities

TOLERANCE = 1e-12  # of the residual in float64, relative; 8 units of round-off where these are more
ITERATIONS = 500
TRUSTED = 100  # times the tolerance


def solve_diffusion(a: Float[Array, "n n"], f: Float[Array, "n n"] | Float[Array, ""] | float) -> Float[Array, "n n"]:
    """p at the centers of n x n cells, from a and f there; NaN where the iteration did not converge."""
    t = transmissibilities(a)
    load = f * jnp.ones_like(a) / len(a) ** 2
    precondition = _scaled_poisson(t)
    tolerance = max(TOLERANCE, 8 * float(jnp.finfo(a.dtype).eps))
    p, _ = cg(lambda p: outflow(t, p), load, M=precondition, tol=tolerance, maxiter=ITERATIONS)
    residual = load - outflow(t, p)
    error = jnp.sum(residual * precondition(residual)) / jnp.sum(load * precondition(load))
    return jnp.where(error <= (TRUSTED * tolerance) ** 2, p, jnp.nan)


def _scaled_poisson(t: Faces) -> Callable[[Float[Array, "n n"]], Float[Array, "n n"]]:
    """v -> S L^-1 S v."""
    n = t[0].shape[1]
    V, eigenvalues = _sines(n)
    inverse = 1 / (eigenvalues[:, None] + eigenvalues)
    edge = np.isin(np.arange(n), (0, n - 1)).astype(float)
    S = jnp.sqrt((4 + edge[:, None] + edge) / diagonal(t))
    return lambda v: S * (V @ (V.T @ (S * v) @ V * inverse) @ V.T)


def _sines(n: int) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, " n"]]:
    """Eigenvectors, in columns, and eigenvalues of L_1."""
    k = np.arange(1, n + 1)
    V = np.sin(np.pi * np.outer(k - 0.5, k) / n)
    return V / np.linalg.norm(V, axis=0), 4 * np.sin(np.pi * k / (2 * n)) ** 2
