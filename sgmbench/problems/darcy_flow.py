"""Flow through a porous square of random permeability: what `darcy` and `darcy_threshold` share.

    -div(a grad p) = 1 on [0, 1]^2,        p = 0 on the boundary

in finite volumes (see `finite_volumes`, `scaled_poisson`) of order 2 where log a is smooth. Outputs are p and log a on
n x n centers of cells. log_a determines p; with both among the outputs, what flows out through the boundary,
sum 2 a p over the boundary's faces on the finest mesh, is what is produced inside, 1.

A coarser level takes means of the same log a over 2 x 2, 4 x 4, ... cells and interpolates p back to the n x n centers.
The geometric mean of a is the effective permeability of a plane mixture of statistically interchangeable phases.

Source: J. B. Keller, "A theorem on the conductivity of a composite medium", J. Math. Phys. 5 (1964) 548-549, and
A. M. Dykhne, Sov. Phys. JETP 32 (1971) 63-65, for the geometric mean.
"""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import jax.numpy as jnp
from annotated_types import Ge, Len
from jaxtyping import Array, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Constrained, Leveled, Recomputable, Traceable
from sgmbench.problems.numerics.finite_volumes import boundary_outflow, centers
from sgmbench.problems.numerics.nested_cells import block_means, interpolate
from sgmbench.problems.numerics.scaled_poisson import solve_diffusion

COARSEST = 8  # cells a side
ITERATIONS = 25  # of the solver, typically


@dataclass(frozen=True)
class DarcyFlow(Traceable, Leveled, Constrained, Recomputable):
    """Pressure in a square of random permeability, given the law of log a.

    Attributes:
        outputs: fields of y, in order; with `log_a` among them the physics of each sample can be checked.
        cells: n, cells a side of the fields and of the finest mesh.
        coarsening: how often the mesh width of the solver is doubled, down to 8 cells a side.
    """

    outputs: Annotated[tuple[Literal["p", "log_a"], ...], Len(1)] = ("p",)
    cells: Literal[64, 32, 16] = 32
    coarsening: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        if len(set(self.outputs)) < len(self.outputs):
            raise ValueError("outputs: a field is named twice; name each once")
        if self.cells >> self.coarsening < COARSEST:
            raise ValueError(f"coarsening: {self.cells} cells can be halved {self._halvings} times, not more")

    @abstractmethod
    def log_permeability(self, z: Float[Array, " p"], xi: Float[Array, " m"]) -> Float[Array, "n n"]:
        """log a at the n x n centers."""

    @property
    @abstractmethod
    def field_operations(self) -> float:
        """Floating-point operations of log a, or as many as it takes the time of."""

    @property
    def layout(self):
        x, y = (Axis(name, "-", tuple(centers(self.cells).tolist())) for name in ("x", "y"))
        return Layout(tuple(Field(name, "-", (x, y)) for name in self.outputs))

    def simulate(self, z, xi):
        log_a = self.log_permeability(z, xi)
        fields = {"p": lambda: self._pressure(log_a), "log_a": lambda: log_a}
        return {name: fields[name]() for name in self.outputs}

    def recompute(self, z, fields):
        return {"p": self._pressure(fields["log_a"])} if {"p", "log_a"} <= fields.keys() else {}

    def constraints(self, fields):
        if self.coarsening or not {"p", "log_a"} <= fields.keys():
            return {}
        return {"p.outflow": boundary_outflow(jnp.exp(fields["log_a"]), fields["p"]) - 1}

    def coarser(self) -> "Leveled | None":
        return None if self.coarsening == self._halvings else replace(self, coarsening=self.coarsening + 1)

    @property
    def relative_cost(self):
        """Operations of the solver and of log a, over those on the finest mesh."""
        return self._operations(self.cells >> self.coarsening) / self._operations(self.cells)

    @property
    def _halvings(self) -> int:
        return (self.cells // COARSEST).bit_length() - 1

    def _operations(self, m: int) -> float:
        """Of one run on m x m cells: per iteration four products of m x m matrices, and some 40 for each cell."""
        return ITERATIONS * (8 * m**3 + 40 * m**2) + self.field_operations

    def _pressure(self, log_a: Float[Array, "n n"]) -> Float[Array, "n n"]:
        a = jnp.exp(block_means(log_a, 2**self.coarsening))
        return interpolate(solve_diffusion(a, 1.0), self.cells)
