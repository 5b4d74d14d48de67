"""Lorenz's convection model with additive noise: which wing of the butterfly?

    dx = sigma (y - x) dt + s dW_1
    dy = (x (rho - z) - y) dt + s dW_2
    dz = (x y - beta z) dt + s dW_3,            sigma = 10,   beta = 8/3,   (x, y, z)(0) = 0

The origin is a saddle: noise alone pushes the state off it, along the unstable direction to one wing or the other, and
an instant later chaos takes it around. z = (rho, s): the Rayleigh number in units of its critical value, and the noise.

Known: the law is invariant under (x, y) -> (-x, -y), so that x and y are symmetric about zero at all times.

The germ is the Brownian path in bridge order, the three components of one point after another; each level doubles the
time step along the same path. Paths that pass close to a watershed take the other side on the next level, so that
pathwise errors have a heavy tail, while those of expectations are of the order of h^2 (Heun).

Source: E. N. Lorenz, J. Atmos. Sci. 20 (1963) 130-141.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Array, ArrayLike, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.problems.numerics.additive_noise import Scheme, integrate
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge, check_levels

sigma, beta = 10.0, 8 / 3
COARSEST = 64  # steps over T = 2


@dataclass(frozen=True)
class Lorenz63(Traceable, Leveled):
    """Lorenz's chaotic convection with noise, started on the saddle between the two wings.

    Attributes:
        steps: time steps of the finest level, a power of two; the germ is three times as long.
        level: how many times the step was doubled.
        scheme: how one step is made.
        duration: T.
        times: output times, the last one T.
    """

    steps: Annotated[int, Ge(COARSEST)] = 512
    level: Annotated[int, Ge(0)] = 0
    scheme: Scheme = "heun"
    duration: Annotated[float, Gt(0)] = 2.0
    times: Literal[1, 2, 4, 8, 16] = 16

    def __post_init__(self) -> None:
        check_levels(self.steps, self.level, coarsest=COARSEST)

    @property
    def parameters(self):
        return Parameter("rho", "-", Uniform(24.0, 32.0)), Parameter("noise", "-", Uniform(0.5, 2.0))

    @property
    def germ_dimension(self):
        return 3 * self.steps

    @property
    def layout(self):
        times = np.arange(1, self.times + 1) * self.duration / self.times
        t = Axis("t", "-", tuple(times.tolist()))
        return Layout(tuple(Field(name, "-", (t,)) for name in ("x", "y", "z")))

    def simulate(self, z, xi):
        rho, s = z
        n = self.steps >> self.level
        states = integrate(
            drift(rho),
            jnp.zeros(3, xi.dtype),
            brownian_bridge(xi[: 3 * n].reshape(n, 3), self.duration),
            s=s,
            duration=self.duration,
            scheme=self.scheme,
            times=self.times,
        )
        return {"x": states[:, 0], "y": states[:, 1], "z": states[:, 2]}

    def coarser(self) -> "Leveled | None":
        return None if self.steps >> self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level


def drift(rho: Float[ArrayLike, ""]) -> Callable[[Float[Array, "3"]], Float[Array, "3"]]:
    """The right-hand side without noise."""

    def f(state):
        x, y, z = state
        return jnp.stack([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])

    return f
