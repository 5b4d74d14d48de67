"""Kolmogorov flow: two-dimensional turbulence in a periodic box, driven by a sinusoidal shear force.

    velocity     (u, v)_t + (u d_x + v d_y) (u, v) = -grad p + nu Lap (u, v) + lambda (u, v) + (sin 4 y, 0),    div = 0
    vorticity    w_t + u w_x + v w_y = nu Lap w + lambda w - 4 cos 4 y,    w = v_x - u_y
    stream fn.   -Lap psi = w,    u = psi_y,    v = -psi_x                 0 <= x, y < 2 pi periodic,    0 <= t <= T

with nu = 0.01 (Reynolds number 100) and drag lambda = -0.1. The random initial vorticity has the 24 wave vectors of
length at most 4,

    w(x, 0) = sqrt(2) c sum_k (xi_{2k-1} cos k.x + xi_{2k} sin k.x) / |k|,    c such that E |(u, v)|^2 = 1,

the germ xi ordered by |k|. Mean vorticity and mean velocity are 0 for all times.

Known: u = sin 4 y (1 - exp(-a t)) / a, a = 16 nu - lambda, is an exact flow from rest, though unstable for small nu.

Fourier pseudospectral in space with the 2/3 rule, exponential time differencing Runge-Kutta of order 4; the coarser
level doubles mesh width and time step and interpolates back. exponax defines the stepper's velocity by +Lap psi = w, so
that a convection of -1 makes its state our w. On 32^2 points nu = 0.01 is barely resolved, and the flow is chaotic: the
velocity is within 2 % of its standard deviation of that on 64^2 points at T = 2, 15 % at T = 5.

Source: forcing, drag and box of D. Kochkov et al., PNAS 118 (2021) e2101784118; G. J. Chandler, R. R. Kerswell, J.
Fluid Mech. 722 (2013) 554-595.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import exponax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Le, Len
from jaxtyping import Array, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Constrained, Leveled, Traceable

BOX = 2 * math.pi
STEPS = 12  # a unit of time on 32^2 points
COARSEST = 1
WAVES = np.array(
    sorted(
        ((i, j) for i in range(-4, 5) for j in range(5) if 0 < i**2 + j**2 <= 16 and (j > 0 or i > 0)),
        key=lambda wave: (wave[0] ** 2 + wave[1] ** 2, wave),
    )
)
K = np.linalg.norm(WAVES, axis=1)
SD = np.repeat(1 / K / np.sqrt(2 * np.sum(1 / K**4)), 2)
UNITS = {"u": "-", "v": "-", "vorticity": "-"}


@dataclass(frozen=True)
class KolmogorovFlow(Traceable, Leveled, Constrained):
    """Two-dimensional turbulence that a shear force drives from a random flow.

    Attributes:
        outputs: fields of y, in order.
        points: grid points a side.
        viscosity: nu.
        drag: lambda.
        forcing: amplitude of the force; 0 for decaying turbulence.
        duration: T.
        level: how many times mesh width and time step were doubled.
    """

    outputs: Annotated[tuple[Literal["u", "v", "vorticity"], ...], Len(1)] = ("u", "v")
    points: Literal[32, 64] = 32
    viscosity: Annotated[float, Gt(0)] = 0.01
    drag: Annotated[float, Le(0)] = -0.1
    forcing: Annotated[float, Ge(0)] = 1.0
    duration: Annotated[float, Gt(0)] = 2.0
    level: Annotated[int, Ge(0), Le(COARSEST)] = 0

    def __post_init__(self) -> None:
        if len(set(self.outputs)) < len(self.outputs):
            raise ValueError("outputs: a field is named twice; name each once")

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return len(SD)

    @property
    def layout(self):
        coordinates = tuple((np.arange(self.points) * BOX / self.points).tolist())
        axes = (Axis("x", "-", coordinates), Axis("y", "-", coordinates))
        return Layout(tuple(Field(name, UNITS[name], axes) for name in self.outputs))

    def simulate(self, z, xi):
        points = self.points >> self.level
        steps = 2 * math.ceil(STEPS * self.points / 32 * self.duration / 2) >> self.level
        w = self.evolve(initial_vorticity(xi, points), steps=steps)
        w = exponax.map_between_resolutions(w[None], self.points)
        u, v = velocity(w)
        fields = {"u": u, "v": v, "vorticity": w[0]}
        return {name: fields[name] for name in self.outputs}

    def coarser(self) -> "Leveled | None":
        return None if self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 8.0**-self.level

    def constraints(self, fields):
        residuals = {f"{name}.mean": jnp.mean(fields[name]) for name in self.outputs}
        if {"u", "v"} <= set(self.outputs):
            flow = jnp.stack([fields["u"], fields["v"]])
            compression = flow - exponax.spectral.make_incompressible(flow)
            residuals |= {"u.compression": compression[0], "v.compression": compression[1]}
        return residuals

    def evolve(self, w: Float[Array, "n n"], *, steps: int) -> Float[Array, "n n"]:
        """w at T, on the mesh of w at t = 0."""
        stepper = exponax.stepper.KolmogorovFlowVorticity(
            2,
            BOX,
            len(w),
            self.duration / steps,
            diffusivity=self.viscosity,
            convection_scale=-1.0,
            drag=self.drag,
            injection_mode=4,
            injection_scale=self.forcing,
            order=4,
        )
        return exponax.RepeatedStepper(stepper, steps)(w[None])[0]


def initial_vorticity(xi: Float[Array, "48"], points: int) -> Float[Array, "{points} {points}"]:
    """w at t = 0."""
    x = np.arange(points) * BOX / points
    phase = WAVES[:, 0, None, None] * x[:, None] + WAVES[:, 1, None, None] * x
    basis = np.sqrt(2) * np.stack([np.cos(phase), np.sin(phase)], axis=1).reshape(-1, points, points)
    return jnp.tensordot(SD.astype(xi.dtype) * xi, basis.astype(xi.dtype), axes=1)


def velocity(w: Float[Array, "1 n n"]) -> Float[Array, "2 n n"]:
    """(u, v) of vorticity w."""
    psi_x, psi_y = exponax.derivative(exponax.poisson.Poisson(2, BOX, w.shape[-1])(w), BOX)
    return jnp.stack([psi_y, -psi_x])
