"""Darcy flow through two phases with a random interface.

    -div(a grad p) = 1 on [0, 1]^2,    p = 0 on the boundary,    a = 12 where g >= 0,  3 where g < 0

g a Gaussian field with covariance operator (-Laplace + 9)^-2, no flux of g through the boundary, kept to k x k modes:

    g(x, y) = sum_ij xi_ij c_i(x) c_j(y) / (pi^2 (i^2 + j^2) + 9),      c_0 = 1,  c_i(x) = 2^1/2 cos(pi i x)

By symmetry a is 3 or 12 with probability 1/2 at every point. The modes that k = 16 leaves out have 1.3e-3 of the
variance of g, xi_00 alone has 57 %: many squares are nearly all of one phase, and p in the middle has two modes, near
0.0737/12 and 0.0737/3. (The generator of the published data sets xi_00 to 0, so that both phases are always there.)
The xi_ij are the germ, long waves first. There are no parameters, as that law has none to condition on; `darcy` has.

a jumps on faces of the n x n cells, which p(x, y) feels to order 1 to 3/2 in their width: the interface is misplaced
by a part of a cell, now to one side, now to the other. The fields are those of `darcy_flow`.

Source: Z. Li et al., "Fourier neural operator for parametric partial differential equations", ICLR (2021), section 5.2.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Float

from sgmbench.problems.darcy_flow import DarcyFlow
from sgmbench.problems.numerics.finite_volumes import centers
from sgmbench.problems.numerics.tensor_germ import tensor_germ

LOW, HIGH = 3.0, 12.0
TAU = 3.0


@dataclass(frozen=True)
class DarcyThreshold(DarcyFlow):
    """Pressure of a flow through a square of two materials whose interface is random.

    Attributes:
        modes: k; the germ has k^2 coefficients.
    """

    modes: Annotated[int, Ge(1), Le(64)] = 16

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return self.modes**2

    @property
    def field_operations(self):
        return 2.0 * self.cells * self.modes * (self.cells + self.modes)

    def log_permeability(self, z, xi):
        c = cosines(centers(self.cells), self.modes)
        g = c @ (amplitudes(self.modes) * tensor_germ(xi)) @ c.T
        return jnp.where(g >= 0, math.log(HIGH), math.log(LOW))


def cosines(x: Float[np.ndarray, " n"], modes: int) -> Float[np.ndarray, "n k"]:
    """c_i(x) in columns, orthonormal on [0, 1]."""
    i = np.arange(modes)
    return np.where(i > 0, 2**0.5, 1.0) * np.cos(np.pi * np.outer(x, i))


def amplitudes(modes: int) -> Float[np.ndarray, "k k"]:
    """Square roots of the eigenvalues of (-Laplace + tau^2)^-2."""
    i = np.arange(modes)
    return 1 / (np.pi**2 * (i[:, None] ** 2 + i**2) + TAU**2)
