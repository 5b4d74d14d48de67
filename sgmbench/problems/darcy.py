"""Darcy flow with a smooth lognormal permeability.

    -div(a grad p) = 1 on [0, 1]^2,    p = 0 on the boundary,    log a(x, y) = s g(x, y)

g a Gaussian field of mean 0 and covariance exp(-((x - x')^2 + (y - y')^2) / 2 l^2), kept to k x k Karhunen-Loeve modes:

    g(x, y) = sum_ij (lambda_i lambda_j)^1/2 xi_ij phi_i(x) phi_j(y)

with the modes of one dimension (see `squared_exponential`; the covariance is a product). They do not depend on the
mesh. The variance that is lost, averaged over the square, is 1 - (lambda_0 + ... + lambda_(k-1))^2: with k = 12 modes
1.6e-3 at l = 0.1, the shortest length of the prior (1.7e-2 in the corners), and 7e-8 at 0.2.

z = (l, s), both uncertain a priori; the xi_ij are the germ, long waves first. The fields are those of `darcy_flow`.

Source: K. A. Cliffe, M. B. Giles, R. Scheichl, A. L. Teckentrup, "Multilevel Monte Carlo methods and applications to
elliptic PDEs with random coefficients", Comput. Vis. Sci. 14 (2011) 3-15, whose covariance, also a product, is rougher.
"""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from sgmbench.core.prior import LogUniform, Parameter, Uniform
from sgmbench.problems.darcy_flow import DarcyFlow
from sgmbench.problems.numerics.finite_volumes import centers
from sgmbench.problems.numerics.squared_exponential import scaled_modes
from sgmbench.problems.numerics.tensor_germ import tensor_germ


@dataclass(frozen=True)
class Darcy(DarcyFlow):
    """Pressure of a flow through a porous square whose permeability is a lognormal random field.

    Attributes:
        modes: k; the germ has k^2 coefficients.
    """

    modes: Annotated[int, Ge(1), Le(16)] = 12

    @property
    def parameters(self):
        return (
            Parameter("correlation_length", "-", LogUniform(0.1, 0.5)),
            Parameter("log_sd", "-", Uniform(0.5, 1.5)),
        )

    @property
    def germ_dimension(self):
        return self.modes**2

    @property
    def field_operations(self):
        """The eigendecomposition of `scaled_modes`, by its time."""
        return 1e6

    def log_permeability(self, z, xi):
        length, sd = z
        m = scaled_modes(centers(self.cells), length, modes=self.modes)
        return sd * m @ tensor_germ(xi) @ m.T
