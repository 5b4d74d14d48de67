"""Flow of water through a borehole that connects two aquifers.

    Q = 2 pi Tu (Hu - Hl) / (log(r/rw) (1 + Tu/Tl) + 2 L Tu / (rw^2 Kw))

rw, r: radii of the borehole and of its influence; Tu, Tl: transmissivities, Hu, Hl: potentiometric heads of the upper
and the lower aquifer; L: length of the borehole; Kw: its hydraulic conductivity. The mean and the standard deviation of
Q over the prior are integrals in six dimensions (Hu - Hl is a factor), by tensor Gauss quadrature to all digits given.

Source: W. V. Harper, S. K. Gupta, BMI/ONWI-516 (1983); M. D. Morris, T. J. Mitchell, D. Ylvisaker, Technometrics 35
(1993) 243-255.
"""

import math
from dataclasses import dataclass

import jax.numpy as jnp

from sgmbench.core.knowledge import KnownMoments, Moments
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import LogNormal, Normal, Parameter, Uniform
from sgmbench.core.problem import Traceable

MEAN, SD = 73.738936474, 28.595850443


@dataclass(frozen=True)
class Borehole(Traceable, KnownMoments):
    """Water flow through a borehole, an engineering formula of eight uncertain inputs."""

    @property
    def parameters(self):
        return (
            Parameter("rw", "m", Normal(0.1, 0.0161812)),
            Parameter("r", "m", LogNormal(7.71, 1.0056)),
            Parameter("Tu", "m^2/yr", Uniform(63070.0, 115600.0)),
            Parameter("Hu", "m", Uniform(990.0, 1110.0)),
            Parameter("Tl", "m^2/yr", Uniform(63.1, 116.0)),
            Parameter("Hl", "m", Uniform(700.0, 820.0)),
            Parameter("L", "m", Uniform(1120.0, 1680.0)),
            Parameter("Kw", "m/yr", Uniform(9855.0, 12045.0)),
        )

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout((Field("flow", "m^3/yr"),))

    def simulate(self, z, xi):
        rw, r, Tu, Hu, Tl, Hl, L, Kw = z
        resistance = jnp.log(r / rw) * (1 + Tu / Tl) + 2 * L * Tu / (rw**2 * Kw)
        return {"flow": 2 * math.pi * Tu * (Hu - Hl) / resistance}

    def moments(self, z):
        if z is None:
            return {"flow": Moments(jnp.asarray(MEAN), jnp.asarray(SD))}
        return {"flow": Moments(self.simulate(jnp.asarray(z), jnp.zeros(0))["flow"], jnp.zeros(()))}
