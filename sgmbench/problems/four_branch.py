"""A series system with four branches: it fails where g < 0, in four separate regions.

    g = min( 3 + (x_1 - x_2)^2/10 - (x_1 + x_2)/2^(1/2),     x_1 - x_2 + 7/2^(1/2),
             3 + (x_1 - x_2)^2/10 + (x_1 + x_2)/2^(1/2),     x_2 - x_1 + 7/2^(1/2) ),      x_1, x_2 ~ N(0, 1)

With the independent standard normal u = (x_1 - x_2)/2^(1/2), v = (x_1 + x_2)/2^(1/2) the system is safe where
|u| < 7/2 and |v| < 3 + u^2/5, so that

    P(g < 0) = 2 Phi(-7/2) + 2 int_(|u| < 7/2) phi(u) Phi(-3 - u^2/5) du = 0.00222279507

The variant with 6 in place of 7 has 0.00445733149.

Source: P. H. Waarts, Structural reliability using finite element methods, thesis, TU Delft (2000); B. Echard, N.
Gayton, M. Lemaire, Structural Safety 33 (2011) 145-154, for both variants.
"""

import math
from dataclasses import dataclass

import jax.numpy as jnp

from sgmbench.core.knowledge import KnownTail, Tail
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Traceable


@dataclass(frozen=True)
class FourBranch(Traceable, KnownTail):
    """A structure that fails in four different ways, about twice in a thousand: a rare event."""

    @property
    def parameters(self):
        return Parameter("x_1", "-", Normal(0.0, 1.0)), Parameter("x_2", "-", Normal(0.0, 1.0))

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout((Field("g", "-"),))

    def simulate(self, z, xi):
        u, v = (z[0] - z[1]) / math.sqrt(2), (z[0] + z[1]) / math.sqrt(2)
        return {"g": jnp.minimum(3 + u**2 / 5 - jnp.abs(v), 7 / math.sqrt(2) - math.sqrt(2) * jnp.abs(u))}

    @property
    def tail(self):
        return Tail("g", 0.0, 0.0022227950661944)
