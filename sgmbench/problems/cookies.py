"""Heat conduction in a plate with eight uncertain inclusions, the "cookies".

Temperature u on [0, 1]^2, heated in the middle, held at zero on the boundary:

    -div(a grad u) = 100 on F = [0.4, 0.6]^2, 0 elsewhere,        u = 0 on the boundary
    a = 1 + sum_n y_n chi_n,        y_n ~ U(-0.99, -0.2) independent,        z = (y_1, ..., y_8)

chi_n the indicators of discs of radius 0.13 around the points of {0.2, 0.5, 0.8}^2 without the middle, counted row by
row from below. Outputs: q, the integral of u over F, and u on a grid of 19 x 19 points, u[i, j] = u(x_i, y_j).
There is no germ.

Quadratic isoparametric elements (Q2) on a mesh that conforms to the discs and to F: 93 quadrilaterals, each halved
`level` times in both directions (see `cookie_mesh`). The error of q = a(u, u) / 100 is of order 4 in the mesh width,
that of u of order 3. As a is constant on each subdomain the discrete equations are reduced, exactly, to the
64 * 2^level unknowns on the discs' boundaries (see `static_condensation`).

Source: J. Baeck, F. Nobile, L. Tamellini, R. Tempone, "Stochastic spectral Galerkin and collocation methods for PDEs
with random coefficients: a numerical comparison", Spectral and High Order Methods for PDEs (2011), 43-62.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from scipy.sparse import csr_array, vstack
from skfem import Basis, ElementQuad2
from skfem.models.poisson import laplace, unit_load

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.problems.numerics.cookie_mesh import cookie_mesh
from sgmbench.problems.numerics.point_evaluation import point_evaluation
from sgmbench.problems.numerics.static_condensation import Condensed, condense

DISCS = 8
HEAT = 100.0
GRID = np.arange(1, 20) / 20
DEFAULT_LEVEL = 2


@dataclass(frozen=True)
class Cookies(Traceable, Leveled):
    """Heat conduction in a plate with eight discs of uncertain conductivity.

    Attributes:
        level: how often the first mesh is refined.
    """

    level: Annotated[int, Ge(0), Le(4)] = DEFAULT_LEVEL

    @property
    def parameters(self):
        return tuple(Parameter(f"y{n + 1}", "-", Uniform(-0.99, -0.2)) for n in range(DISCS))

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        x, y = (Axis(name, "-", tuple(GRID.tolist())) for name in ("x", "y"))
        return Layout((Field("q", "-"), Field("u", "-", (x, y))))

    def simulate(self, z, xi):
        outputs = condensed(self.level)(1 + z)
        return {"q": outputs[0], "u": outputs[1:].reshape(len(GRID), len(GRID))}

    def coarser(self) -> "Leveled | None":
        return None if self.level == 0 else replace(self, level=self.level - 1)

    @property
    def relative_cost(self):
        """Operations of the dense solve and of the outputs, over those of the default level."""
        return _operations(self.level) / _operations(DEFAULT_LEVEL)


@cache
def condensed(level: int) -> Condensed:
    """The discrete equations on the discs' boundaries; outputs are q, then u on the grid."""
    basis = Basis(cookie_mesh(level), ElementQuad2())
    parts = [basis.with_elements(f"disc{n}") for n in range(DISCS)]
    background, source = basis.with_elements("background"), basis.with_elements("source")
    integral = unit_load.assemble(source)
    points = np.stack(np.meshgrid(GRID, GRID, indexing="ij"), axis=-1).reshape(-1, 2)
    own = [np.unique(part.element_dofs) for part in parts]
    outside = np.setdiff1d(background.element_dofs, basis.get_dofs().all())
    return condense(
        csr_array(laplace.assemble(background)),
        [csr_array(laplace.assemble(part)) for part in parts],
        interfaces=[np.intersect1d(dofs, outside) for dofs in own],
        interiors=[np.setdiff1d(dofs, outside) for dofs in own],
        exterior=np.setdiff1d(outside, np.concatenate(own)),
        load=HEAT * integral,
        outputs=csr_array(vstack([integral[None], point_evaluation(basis, points)])),
    )


def _operations(level: int) -> float:
    """Floating-point operations of one run."""
    n = 64 * 2**level
    return n**3 / 3 + 2 * n**2 + 2 * (1 + len(GRID) ** 2) * n
