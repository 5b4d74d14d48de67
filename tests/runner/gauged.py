"""A problem whose posterior chains alone can draw, named `gauged:Gauged` in configurations."""

from dataclasses import dataclass

import jax.numpy as jnp

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.observation import Observed
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Traceable
from sgmbench.problems.linear_gaussian import WhiteNoise


@dataclass(frozen=True)
class Gauged(Traceable, Observed):
    """y = (z + xi, z - xi), seen through unit noise."""

    parameters = (Parameter("a", "V", Normal(0.0, 1.0)),)
    germ_dimension = 1
    layout = Layout((Field("y", "V", (Axis("x", "m", (0.0, 1.0)),)),))
    observation = WhiteNoise(2, 1.0)

    def simulate(self, z, xi):
        return {"y": z[0] + jnp.array([1.0, -1.0]) * xi[0]}
