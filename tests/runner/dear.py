"""Problems whose runs are counted or coarse, and methods with something against them, named `dear:Class`."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from small import Watching

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Hosted, Leveled, Traceable

MADE: list[int] = []


@dataclass(frozen=True)
class Dear(Hosted):
    """y = z + xi on a host that counts its runs; some fail where `fails` is above 0."""

    fails: float = -10.0

    parameters = (Parameter("a", "V", Uniform(-1.0, 1.0)),)
    germ_dimension = 3
    layout = Layout((Field("u", "V", (Axis("x", "m", (0.0, 1.0)),)), Field("q", "W")))

    @property
    def batch(self):
        return 7

    def simulate_batch(self, z, xi):
        MADE.append(len(z))
        y = z + xi
        y[xi[:, 0] < self.fails] = np.nan
        return y


@dataclass(frozen=True)
class Coarse(Traceable, Leveled):
    """q is off by shift h, h = 1, 2, 4, 8, and r is exact; the coarsest level fails where `breaks`."""

    shift: float = 0.2
    level: int = 0
    breaks: bool = False

    parameters = (Parameter("a", "V", Uniform(-1.0, 1.0)),)
    germ_dimension = 2
    layout = Layout((Field("q", "V"), Field("r", "V")))

    @property
    def relative_cost(self):
        return 4.0**-self.level

    def coarser(self):
        return replace(self, level=self.level + 1) if self.level < 3 else None

    def simulate(self, z, xi):
        broken = self.breaks and self.level > 0
        q = z[0] + xi[0] + self.shift * 2.0**self.level
        return {"q": jnp.where(broken, jnp.nan, q), "r": xi[1]}


@dataclass(frozen=True)
class Leaky(Watching):
    """One of twenty samples is no number."""

    def prepare(self, fit, *, clock):
        def sample(at, n, key):
            rows = fit["learned"][np.arange(n) % len(fit["learned"])]
            return np.where(np.arange(n)[:, None] % 20 == 0, np.nan, rows)

        return sample


@dataclass(frozen=True)
class Parrot(Watching):
    """Learns, and gives its runs back."""

    def diagnose(self, fit, pairs, *, key):
        numbers = {"nearest_ratio": 0.1, "copies": 0.5, "copies_held_out": 0.0, "membership": 0.5}
        return {"memorization": numbers | {"verdict": "copies training runs"}}


@dataclass(frozen=True)
class Echo(Parrot):
    """Gives its runs back by construction."""

    resamples = True
