"""The Ishigami function: strong nonlinearity, and an interaction without a main effect.

    y = sin z_1 + a sin^2 z_2 + b z_3^4 sin z_1,      z_i ~ U(-pi, pi),      a = 7,   b = 0.1

    E y = a/2,      Var y = 1/2 + a^2/8 + b pi^4/5 + b^2 pi^8/18

Source: T. Ishigami, T. Homma, Proc. ISUMA (1990) 398-403; b = 0.1: T. Homma, A. Saltelli, Reliab. Eng. Syst. Saf. 52
(1996) 1-17.
"""

import math
from dataclasses import dataclass

import jax.numpy as jnp

from sgmbench.core.knowledge import KnownMoments, Moments
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Traceable


@dataclass(frozen=True)
class Ishigami(Traceable, KnownMoments):
    """A smooth function of three uniform inputs, the classic of sensitivity analysis.

    Attributes:
        a: weight of the second input.
        b: weight of the interaction of the first and the third.
    """

    a: float = 7.0
    b: float = 0.1

    @property
    def parameters(self):
        return tuple(Parameter(f"z_{i}", "rad", Uniform(-math.pi, math.pi)) for i in (1, 2, 3))

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout((Field("y", "-"),))

    def simulate(self, z, xi):
        return {"y": jnp.sin(z[0]) + self.a * jnp.sin(z[1]) ** 2 + self.b * z[2] ** 4 * jnp.sin(z[0])}

    def moments(self, z):
        if z is not None:
            return {"y": Moments(self.simulate(jnp.asarray(z), jnp.zeros(0))["y"], jnp.zeros(()))}
        variance = 1 / 2 + self.a**2 / 8 + self.b * math.pi**4 / 5 + self.b**2 * math.pi**8 / 18
        return {"y": Moments(jnp.asarray(self.a / 2), jnp.asarray(math.sqrt(variance)))}
