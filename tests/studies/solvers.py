"""Solvers with defects of known size, named `solvers:Class` in configurations."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Normal, Parameter, Uniform
from sgmbench.core.problem import Constrained, Leveled, Traceable

X = Axis("x", "m", tuple(range(8)))


@dataclass(frozen=True)
class Exact(Traceable):
    """A model without error: u(x) = z + xi / 2."""

    parameters = (Parameter("z", "V", Normal(0.0, 1.0)),)
    germ_dimension = 1
    layout = Layout((Field("u", "V", (X,)), Field("zero", "V")))

    def simulate(self, z, xi):
        return {"u": z[0] + 0.5 * xi[0] + jnp.zeros(8), "zero": jnp.zeros(())}


@dataclass(frozen=True)
class Certain(Exact):
    """The same without a parameter."""

    parameters = ()

    def simulate(self, z, xi):
        return super().simulate(jnp.zeros(1), xi)


@dataclass(frozen=True)
class Unsaid(Traceable):
    """White noise of four values, whose density nobody says."""

    parameters = ()
    germ_dimension = 4
    layout = Layout((Field("y", "-", (Axis("x", "-", tuple(range(4))),)),))

    def simulate(self, z, xi):
        return {"y": xi}


@dataclass(frozen=True)
class Inexact(Exact, Leveled):
    """The same with an error h^order, h = 1/cells."""

    cells: int = 16
    order: float = 2.0

    def simulate(self, z, xi):
        fields = super().simulate(z, xi)
        return fields | {"u": fields["u"] + self.cells**-self.order}

    def coarser(self):
        return None if self.cells == 1 else replace(self, cells=self.cells // 2)

    @property
    def relative_cost(self):
        return self.cells / 16


@dataclass(frozen=True)
class Forking(Exact, Leveled):
    """The same with the germ's sign changed from level to level: each path is wrong, and no law is."""

    level: int = 0

    def simulate(self, z, xi):
        return super().simulate(z, xi * (-1) ** self.level)

    def coarser(self):
        return None if self.level == 3 else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level


@dataclass(frozen=True)
class Cancelling(Exact):
    """The same by a difference of large numbers, which float32 cannot hold."""

    size: float = 1e6

    def simulate(self, z, xi):
        fields = super().simulate(z, xi)
        large = jax.lax.optimization_barrier(fields["u"] + self.size)
        return fields | {"u": large - self.size}


@dataclass(frozen=True)
class FailsFarOut(Exact):
    """The same, failing where both parameters are beyond two standard deviations."""

    parameters = (Parameter("z", "V", Normal(0.0, 1.0)), Parameter("w", "V", Normal(0.0, 1.0)))

    def simulate(self, z, xi):
        failed = (z[0] > 2) & (z[1] > 2)
        return {name: jnp.where(failed, jnp.nan, field) for name, field in super().simulate(z, xi).items()}


@dataclass(frozen=True)
class Leaking(Exact, Constrained):
    """The same, declared to vanish at its first point, which it does not by a tenth of xi."""

    def simulate(self, z, xi):
        fields = super().simulate(z, xi)
        return fields | {"u": fields["u"].at[0].set(0.1 * xi[0])}

    def constraints(self, fields):
        return {"u.first_point": fields["u"][0]}


@dataclass(frozen=True)
class AlwaysNaN(Exact):
    """The same, but it always fails."""

    parameters = (Parameter("z", "V", Uniform(0.0, 1.0)),)

    def simulate(self, z, xi):
        return {name: field * jnp.nan for name, field in super().simulate(z, xi).items()}
