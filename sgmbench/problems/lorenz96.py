"""Lorenz's model of a latitude circle with additive noise: spatially extended chaos.

    dX_i = ((X_(i+1) - X_(i-2)) X_(i-1) - X_i + F) dt + s dW_i,      i = 1 ... N cyclic,      X(0) = 0

Advection, damping and forcing. From rest the state rises together towards the equilibrium X_i = F, which is unstable
for F > 8/9: noise breaks the symmetry, waves grow, travel and become chaotic. z = (F, s), the output X(T).

Known: advection does no work, so that

    d E|X|^2 / 2 dt = -E|X|^2 + F E sum_i X_i + N s^2 / 2,

and the law is invariant under shifts of i: every site has the same mean and standard deviation.

The germ is the Brownian path in bridge order, the N components of one point after another; each level doubles the time
step along the same path.

Source: E. N. Lorenz, "Predictability: a problem partly solved", ECMWF Seminar on Predictability 1 (1996) 1-18.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Ge, Gt, Le
from jaxtyping import Array, ArrayLike, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.problems.numerics.additive_noise import Scheme, integrate
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge, check_levels

COARSEST = 64  # steps over T = 1.5


@dataclass(frozen=True)
class Lorenz96(Traceable, Leveled):
    """Noisy waves on a ring of coupled sites that grow from rest into chaos.

    Attributes:
        sites: N.
        steps: time steps of the finest level, a power of two; the germ is N times as long.
        level: how many times the step was doubled.
        scheme: how one step is made.
        duration: T.
    """

    sites: Annotated[int, Ge(8), Le(40)] = 40
    steps: Annotated[int, Ge(COARSEST)] = 256
    level: Annotated[int, Ge(0)] = 0
    scheme: Scheme = "heun"
    duration: Annotated[float, Gt(0)] = 1.5

    def __post_init__(self) -> None:
        check_levels(self.steps, self.level, coarsest=COARSEST)

    @property
    def parameters(self):
        return Parameter("forcing", "-", Uniform(4.0, 8.0)), Parameter("noise", "-", Uniform(0.5, 1.5))

    @property
    def germ_dimension(self):
        return self.sites * self.steps

    @property
    def layout(self):
        return Layout((Field("x", "-", (Axis("site", "-", tuple(float(i) for i in range(self.sites))),)),))

    def simulate(self, z, xi):
        F, s = z
        n = self.steps >> self.level
        x = integrate(
            drift(F),
            jnp.zeros(self.sites, xi.dtype),
            brownian_bridge(xi[: n * self.sites].reshape(n, self.sites), self.duration),
            s=s,
            duration=self.duration,
            scheme=self.scheme,
        )
        return {"x": x[-1]}

    def coarser(self) -> "Leveled | None":
        return None if self.steps >> self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level


def drift(F: Float[ArrayLike, ""]) -> Callable[[Float[Array, " N"]], Float[Array, " N"]]:
    """The right-hand side without noise."""
    return lambda x: (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + F
