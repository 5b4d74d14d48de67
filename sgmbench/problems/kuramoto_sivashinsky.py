"""Kuramoto and Sivashinsky's equation: a flame front that becomes chaotic in space and time.

    u_t + u u_x + u_xx + u_xxxx = 0,    0 <= x < L periodic,    0 <= t <= T
    u(x, 0) = sqrt(2) sum_{k=1}^{4} s_k (xi_{2k-1} cos q_k x + xi_{2k} sin q_k x),    q_k = 2 pi k / L,    s_k ~ 1/k

with sum 2 s_k^2 = 1. Small waves grow as exp((q^2 - q^4) t), long ones up to q = 1, until advection hands their energy
to shorter ones, which decay. z = (L): from L = 18 to 36 the attractor goes from a few cells through the first window of
chaos to more than four cells that collide; x is given in units of L. The germ xi is ordered by wavenumber. The mean of
u is 0 for all times; shifts, u(x) -> -u(-x) and Galilean frames are symmetries.

Fourier pseudospectral in space with the 2/3 rule, exponential time differencing Runge-Kutta of order 4 with steps of
1/8; the coarser level doubles mesh width and time step and interpolates u back to the 64 points.

Source: Y. Kuramoto, T. Tsuzuki, Prog. Theor. Phys. 55 (1976) 356-369; G. I. Sivashinsky, Acta Astronaut. 4 (1977)
1177-1206; A.-K. Kassam, L. N. Trefethen, SIAM J. Sci. Comput. 26 (2005) 1214-1233.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated

import exponax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Le
from jaxtyping import Array, Complex, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Constrained, Leveled, Traceable
from sgmbench.problems.numerics.fourier_series import spectrum

POINTS, STEP = 64, 1 / 8
COARSEST = 1  # 16 points would lose waves that still grow
K = np.arange(1, 5)
SD = np.repeat(1 / K / np.sqrt(2 * np.sum(1 / K**2)), 2)


@dataclass(frozen=True)
class KuramotoSivashinsky(Traceable, Leveled, Constrained):
    """A random flame front in spatio-temporal chaos, on a domain of given length.

    Attributes:
        duration: T; errors and perturbations grow about tenfold in 25.
        level: how many times mesh width and time step were doubled.
    """

    duration: Annotated[float, Gt(0)] = 20.0
    level: Annotated[int, Ge(0), Le(COARSEST)] = 0

    @property
    def parameters(self):
        return (Parameter("domain_length", "-", Uniform(18.0, 36.0)),)

    @property
    def germ_dimension(self):
        return len(SD)

    @property
    def layout(self):
        return Layout((Field("u", "-", (Axis("x", "L", tuple((np.arange(POINTS) / POINTS).tolist())),)),))

    def simulate(self, z, xi):
        points = POINTS >> self.level
        steps = 2 * math.ceil(self.duration / STEP / 2) >> self.level
        u_0 = spectrum(jnp.concatenate([jnp.zeros(1, xi.dtype), SD.astype(xi.dtype) * xi]), points)
        u = evolve(u_0, z[0], points=points, steps=steps, duration=self.duration)
        return {"u": exponax.map_between_resolutions(u[None], POINTS)[0]}

    def coarser(self) -> "Leveled | None":
        return None if self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 4.0**-self.level

    def constraints(self, fields):
        return {"u.mean": jnp.mean(fields["u"])}


def evolve(
    u_0: Complex[Array, " k"], L: Float[Array, ""], *, points: int, steps: int, duration: float
) -> Float[Array, " {points}"]:
    """u at T on the mesh; u_0 is the initial field's spectrum."""
    stepper = exponax.stepper.KuramotoSivashinskyConservative(
        1,
        L,  # pyright: ignore[reportArgumentType]  # which may be traced
        points,
        duration / steps,
        single_channel=True,
        order=4,
    )
    u = exponax.RepeatedStepper(stepper, steps).step_fourier(u_0[None])
    return exponax.ifft(u, num_spatial_dims=1, num_points=points)[0]
