"""Burgers' equation from a random smooth field: waves steepen, meet and decay.

    u_t + u u_x = nu u_xx,    0 <= x < 1 periodic,    0 <= t <= T = 0.5
    u(x, 0) = sqrt(2) sum_{k=1}^{8} s_k (xi_{2k-1} cos 2 pi k x + xi_{2k} sin 2 pi k x),    s_k = 25 / ((2 pi k)^2 + 25)

Shocks form at t = 0.1 to 0.3; z = (nu) decides how thin they are, about 4 nu over their height. The germ xi is ordered
by wavenumber. The mean of u is 0 for all times.

Known: u = -2 nu phi_x / phi with phi_t = nu phi_xx (Cole and Hopf), by which the tests check every run.

Fourier pseudospectral in space with the 2/3 rule, exponential time differencing Runge-Kutta of order 4 in time; each
level doubles mesh width and time step and interpolates u back to the 128 points. Where u is so steep that its advection
outruns the step, at about five standard deviations for the smallest nu, the run is NaN.

Source: initial law of Z. Li et al., "Fourier neural operator for parametric partial differential equations", ICLR 2021,
without its mean and cut at k = 8; E. Hopf, Comm. Pure Appl. Math. 3 (1950) 201-230; S. M. Cox, P. C. Matthews, J.
Comput. Phys. 176 (2002) 430-455.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import exponax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Array, Complex, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import LogUniform, Parameter
from sgmbench.core.problem import Constrained, Leveled, Traceable
from sgmbench.problems.numerics.fourier_series import spectrum

POINTS, STEPS, DURATION = 128, 80, 0.5
COARSEST = 2  # 32 points carry the initial field's eight modes
SD = np.repeat(25 / ((2 * np.pi * np.arange(1, 9)) ** 2 + 25), 2)


@dataclass(frozen=True)
class Burgers(Traceable, Leveled, Constrained):
    """A random smooth wave that steepens into viscous shocks.

    Attributes:
        level: how many times mesh width and time step were doubled.
    """

    level: Annotated[int, Ge(0), Le(COARSEST)] = 0

    @property
    def parameters(self):
        return (Parameter("viscosity", "-", LogUniform(0.01, 0.1)),)

    @property
    def germ_dimension(self):
        return len(SD)

    @property
    def layout(self):
        return Layout((Field("u", "-", (Axis("x", "-", tuple((np.arange(POINTS) / POINTS).tolist())),)),))

    def simulate(self, z, xi):
        points = POINTS >> self.level
        u_0 = spectrum(jnp.concatenate([jnp.zeros(1, xi.dtype), SD.astype(xi.dtype) * xi]), points)
        u = evolve(u_0, z[0], points=points, steps=STEPS >> self.level)
        return {"u": exponax.map_between_resolutions(u[None], POINTS)[0]}

    def coarser(self) -> "Leveled | None":
        return None if self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 4.0**-self.level

    def constraints(self, fields):
        return {"u.mean": jnp.mean(fields["u"])}


def evolve(u_0: Complex[Array, " k"], nu: Float[Array, ""], *, points: int, steps: int) -> Float[Array, " {points}"]:
    """u at T on the mesh; u_0 is the initial field's spectrum."""
    stepper = exponax.stepper.Burgers(
        1,
        1.0,
        points,
        DURATION / steps,
        diffusivity=nu,  # pyright: ignore[reportArgumentType]  # which may be traced
        single_channel=True,
        conservative=True,
        order=4,
    )
    u = exponax.RepeatedStepper(stepper, steps).step_fourier(u_0[None])
    return exponax.ifft(u, num_spatial_dims=1, num_points=points)[0]
