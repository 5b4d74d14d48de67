"""A particle in a tilted double well: Langevin dynamics with two metastable states.

    dX = -V'(X) dt + s dW,      V(x) = (x^2 - 1)^2 - a x,      X(0) = 0

The path starts on the barrier between the wells at -1 and 1 and falls into one of them within a time of about 1; from
then on its law is bimodal. The tilt a weighs the odds of the fall; the noise s decides how often a path crosses later,
after about exp(2/s^2) for a = 0: the modes have their stationary shape long before they have their stationary weights.
z = (s, a), the output X at equidistant times up to T.

Known: the density at each time to the accuracy of a quadrature (`numerics.langevin_law`), hence all moments given z.
For a = 0 the weights are equal at all times, and the law is within exp(-3 T) of the stationary pi ~ exp(-2 V / s^2).

The germ is the Brownian path in bridge order; each level doubles the time step along the same path.

Source: H. A. Kramers, Physica 7 (1940) 284-304; C. W. Gardiner, "Handbook of Stochastic Methods" (2004), chapter 9.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt

from sgmbench.core.knowledge import KnownMoments, Moments
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.problems.numerics.additive_noise import Scheme, integrate
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge, check_levels
from sgmbench.problems.numerics.langevin_law import langevin_density

COARSEST = 64  # steps over T = 4; with fewer the cubic drift sends a path beyond |x| = (2 h)^(-1/2) to infinity
GRID = np.linspace(-3.0, 3.0, 241)


@dataclass(frozen=True)
class DoubleWell(Traceable, Leveled, KnownMoments):
    """A noisy particle that falls from a barrier into one of two wells: a bimodal path.

    Attributes:
        steps: time steps of the finest level, a power of two; the length of the germ.
        level: how many times the step was doubled.
        scheme: how one step is made.
        duration: T.
        times: output times, the last one T.
    """

    steps: Annotated[int, Ge(COARSEST)] = 256
    level: Annotated[int, Ge(0)] = 0
    scheme: Scheme = "heun"
    duration: Annotated[float, Gt(0)] = 4.0
    times: Literal[1, 2, 4, 8, 16] = 16

    def __post_init__(self) -> None:
        check_levels(self.steps, self.level, coarsest=COARSEST)

    @property
    def parameters(self):
        return Parameter("noise", "-", Uniform(0.5, 1.0)), Parameter("tilt", "-", Uniform(-0.5, 0.5))

    @property
    def germ_dimension(self):
        return self.steps

    @property
    def layout(self):
        times = np.arange(1, self.times + 1) * self.duration / self.times
        return Layout((Field("x", "-", (Axis("t", "-", tuple(times.tolist())),)),))

    def simulate(self, z, xi):
        s, a = z
        W = brownian_bridge(xi[: self.steps >> self.level, None], self.duration)
        x = integrate(
            lambda x: 4 * x * (1 - x**2) + a,
            jnp.zeros(1, xi.dtype),
            W,
            s=s,
            duration=self.duration,
            scheme=self.scheme,
            times=self.times,
        )
        return {"x": x[:, 0]}

    def coarser(self) -> "Leveled | None":
        return None if self.steps >> self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level

    def moments(self, z):
        if z is None:
            return None
        s, a = z
        (t,) = self.layout.fields[0].axes
        p = langevin_density(lambda x: (x**2 - 1) ** 2 - a * x, s, GRID, np.asarray(t.coordinates))
        first, second = (p @ GRID**k * (GRID[1] - GRID[0]) for k in (1, 2))
        return {"x": Moments(jnp.asarray(first), jnp.sqrt(jnp.asarray(second - first**2)))}
