"""A cantilever beam with three uncertain stiffnesses.

Deflection u of an Euler-Bernoulli beam on [0, 1] under unit load, clamped left and free right:

    (E u'')'' = 1,        u(0) = u'(0) = 0,        E u''(1) = (E u'')'(1) = 0

E(x) = E_1, E_2, E_3 on the thirds of the beam, E_k ~ U(1, 1.05) independent, z = (E_1, E_2, E_3); E stands for modulus
times moment of inertia, and all quantities are nondimensional. Output: u at equidistant nodes. There is no germ.

The beam is statically determinate: equilibrium alone gives the moment E u'' = (1 - x)^2 / 2, whatever E is, so that

    u(x) = sum_k g_k(x) / E_k,        g_k(x) = int over [0, x] and the k-th third of (x - s) (1 - s)^2 / 2 ds,

the integrals of a cubic, are the exact solution. It is linear in the 1 / E_k, whose moments are
E[1/E] = log(1.05) / 0.05 and E[1/E^2] = 1 / 1.05: means and standard deviations of u are known.

Source: the benchmark muq-beam-propagation of UM-Bridge (L. Seelinger et al., J. Open Source Software 8, 2023), after
M. Parno et al., MUQ (J. Open Source Software 6, 2021). There E is the exponential of U(1, 1.05), the load is one drawn
function, and finite differences of second order are used.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jaxtyping import Float

from sgmbench.core.knowledge import KnownMoments, Moments
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Constrained, Traceable

LOW, HIGH = 1.0, 1.05
ENDS = np.linspace(0, 1, 4)  # of the thirds


@dataclass(frozen=True)
class Beam(Traceable, Constrained, KnownMoments):
    """Deflection of a cantilever beam with three uncertain stiffnesses; moments known.

    Attributes:
        nodes: equidistant points at which u is given, both ends among them.
    """

    nodes: Annotated[int, Ge(2)] = 31

    @property
    def parameters(self):
        return tuple(Parameter(f"E{k + 1}", "-", Uniform(LOW, HIGH)) for k in range(3))

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout((Field("u", "-", (Axis("x", "-", tuple(self._x.tolist())),)),))

    def simulate(self, z, xi):
        return {"u": jnp.asarray(deflections(self._x), z.dtype) @ (1 / z)}

    def constraints(self, fields):
        return {"u.clamped_end": fields["u"][0]}

    def moments(self, z):
        g = deflections(self._x)
        if z is not None:
            mean, variance = 1 / np.asarray(z), np.zeros(3)
        else:
            mean = np.full(3, math.log(HIGH / LOW) / (HIGH - LOW))
            variance = 1 / (LOW * HIGH) - mean**2
        return {"u": Moments(jnp.asarray(g @ mean), jnp.asarray(np.sqrt(g**2 @ variance)))}

    @property
    def _x(self) -> Float[np.ndarray, " n"]:
        return np.linspace(0, 1, self.nodes)


def deflections(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
    """g_k(x): deflection from the bending of each third alone, for unit stiffness.

    With r = 1 - s the integrand (x - s) r^2 / 2 is r^3 / 2 - (1 - x) r^2 / 2.
    """
    right = 1 - np.minimum(x[:, None], ENDS[1:])
    left = 1 - np.minimum(x[:, None], ENDS[:-1])
    return (left**4 - right**4) / 8 - (1 - x[:, None]) * (left**3 - right**3) / 6
