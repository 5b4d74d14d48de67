"""Small problems and methods, well and ill, named `small:Class` in configurations."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import yaml

from sgmbench.core.clock import Clock
from sgmbench.core.experiment import Kind
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import Generator
from sgmbench.core.prior import LogUniform, Parameter, Uniform
from sgmbench.core.problem import Constrained, Problem, Traceable, from_uniform_coordinates, uniform_coordinates
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.learning.network import Network
from sgmbench.learning.networks.mlp import MLP
from sgmbench.problems.dataset import DataSet

X = Axis("x", "m", (0.1, 0.3, 0.5, 0.7, 0.9))


@dataclass(frozen=True)
class Line(Traceable, Constrained):
    """A random line and its end value."""

    slope: float = 1.0

    parameters = (Parameter("a", "V", Uniform(-1.0, 1.0)), Parameter("b", "V", LogUniform(0.5, 2.0)))
    germ_dimension = 3
    layout = Layout((Field("u", "V", (X,)), Field("q", "W")))

    def simulate(self, z, xi):
        x = jnp.asarray(X.coordinates)
        u = z[0] + self.slope * x + z[1] * (xi[0] + 0.3 * xi[1] * jnp.sin(6 * x))
        return {"u": u, "q": u[-1] ** 2 + xi[2]}

    def constraints(self, fields):
        return {}


LANES: list = []


@dataclass(frozen=True)
class Counted(Line):
    """A line that notes each lane that runs it."""

    def simulate(self, z, xi):
        jax.debug.callback(LANES.append, xi[0])
        return super().simulate(z, xi)


@dataclass(frozen=True)
class SometimesNaN(Line):
    """A line whose solver fails in half of the runs."""

    def simulate(self, z, xi):
        return {name: jnp.where(xi[2] > 0, y, jnp.nan) for name, y in super().simulate(z, xi).items()}


@dataclass(frozen=True)
class NaNAbove(Line):
    """A line whose solver fails in every run with a > 0.5."""

    def simulate(self, z, xi):
        return {name: jnp.where(z[0] > 0.5, jnp.nan, y) for name, y in super().simulate(z, xi).items()}


@dataclass(frozen=True)
class AlwaysNaN(Line):
    """A line whose solver fails."""

    def simulate(self, z, xi):
        return {name: y * jnp.nan for name, y in super().simulate(z, xi).items()}


@dataclass(frozen=True)
class Untraceable(Line):
    """A line in plain Python."""

    def simulate(self, z, xi):
        return super().simulate(z, xi) if xi[0] > 0 else {}


@dataclass(frozen=True)
class Silent(Line):
    """A line whose author has not written it yet, and says nothing."""

    def simulate(self, z, xi):
        raise NotImplementedError


@dataclass(frozen=True)
class WrongShape(Line):
    """A line that is too short."""

    def simulate(self, z, xi):
        fields = super().simulate(z, xi)
        return fields | {"u": fields["u"][1:]}


@dataclass(frozen=True)
class MissingField(Line):
    """A line without its end value."""

    def simulate(self, z, xi):
        return {"u": super().simulate(z, xi)["u"]}


@dataclass(frozen=True)
class NotFields(Line):
    """A line that returns an array in place of fields."""

    def simulate(self, z, xi):
        return super().simulate(z, xi)["u"]


@dataclass(frozen=True)
class Constant(Line):
    """A quantity that does not vary."""

    parameters = ()
    layout = Layout((Field("q", "W"),))

    def simulate(self, z, xi):
        return {"q": 0 * xi[0] + 2.0}


@dataclass(frozen=True)
class Nowhere(Problem):
    """A problem that nobody can run."""

    parameters = Line.parameters
    germ_dimension = 3
    layout = Line.layout


EXECUTED: list[int] = []


@dataclass(frozen=True)
class Counting(Line):
    """A line that notes each run of its solver."""

    def simulate(self, z, xi):
        jax.debug.callback(EXECUTED.append, xi[0])  # an argument of the lane makes it one call a lane
        return super().simulate(z, xi)


SEEN: list[tuple[str, np.ndarray, np.ndarray]] = []


@dataclass(frozen=True)
class Watching(Generator):
    """Resamples its runs, and notes what it was given."""

    name: str = "first"

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        SEEN.append((self.name, pairs.given, pairs.learned))
        return {"learned": pairs.learned}

    def prepare(self, fit, *, clock):
        return lambda at, n, key: fit["learned"][np.arange(n) % len(fit["learned"])]


@dataclass(frozen=True)
class Hesitant(Watching):
    """Watches, and waits in its fit as long as there is a file `hold` in the working directory."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        Path("fitting").touch()
        while os.path.exists("hold"):
            time.sleep(0.02)
        return super().fit(pairs, layout, key=key, clock=clock, progress=progress)


@dataclass(frozen=True)
class Unable(Watching):
    """Cannot learn."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        raise CellError("nothing to learn here")


@dataclass(frozen=True)
class Exhausting(Watching):
    """Asks for more memory than there is."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory")


@dataclass(frozen=True)
class Knowing(Watching):
    """Gives the recorded q of the run whose condition is asked, give or take 0.01."""

    def prepare(self, fit, *, clock):
        problem = recorded()
        given = np.asarray(uniform_coordinates(problem, jnp.asarray(problem.pool.z)))

        def sample(at, n, key):
            y = problem.pool.y[np.argmin(np.sum((given - at) ** 2, axis=1))]
            return y + 0.01 * np.asarray(jax.random.normal(key, (n, 1), "float64"))

        return sample


@dataclass(frozen=True)
class Solving(Watching):
    """Runs the line itself at its condition: its law is the true one."""

    def prepare(self, fit, *, clock):
        simulation = Simulation(Line(), clock, at_condition=True)

        def sample(at, n, key):
            z = from_uniform_coordinates(Line(), jnp.asarray(at))
            return simulation(n, key=key, z=tuple(np.asarray(z).tolist())).y

        return sample


@dataclass(frozen=True)
class Patchy(Watching):
    """Has no answer where its first condition is positive."""

    def prepare(self, fit, *, clock):
        return lambda at, n, key: np.where(at[0] > 0, np.nan, np.zeros((n, fit["learned"].shape[1])))


@dataclass(frozen=True)
class Meddling(Watching):
    """Writes over the recorded runs while it learns."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        rng = np.random.default_rng(9)
        np.savez("line.npz", a=rng.random(30), b=rng.random(30), u=rng.random((30, 5)), q=rng.random(30), x=range(5))
        return super().fit(pairs, layout, key=key, clock=clock, progress=progress)


@dataclass(frozen=True)
class Nested(Watching):
    """Holds a network."""

    network: Annotated[Network, Kind("networks")] = field(default_factory=MLP)


@dataclass(frozen=True)
class OwnNetwork(Network):
    """A network of the user's own."""

    def build(self, *, geometry, given, rngs):
        raise NotImplementedError


BASE = {
    "name": "line",
    "problem": "small:Line",
    "targets": ["marginal"],
    "methods": ["monte_carlo", "bootstrap"],
    "budgets": [20],
    "replicates": 1,
    "reference": {"size": 60, "drawn_size": 50},
    "metrics": ["energy", "mean", "standard_deviation"],
}
CONDITIONAL = {"kind": "conditional", "conditions": [{"a": 0.0, "b": 1.0}, {"a": 0.9, "b": 1.0}], "drawn": 1}


RECORDED = {"kind": "dataset", "path": "line.npz", "z": ["a", "b"], "y": ["u", "q"], "axes": {"u": ["x"]}}
PAIRS = {"kind": "conditional", "drawn": 40}


def record(n: int = 400, *, seed: int = 0, folder: Path = Path(), failed: Iterable[int] = ()) -> None:
    """Writes line.npz: runs of a line, some of them failed."""
    problem = Line()
    made = Simulation(problem, Clock(), at_condition=False)(n, key=stream(seed, "recorded"))
    fields = {name: np.array(values) for name, values in problem.layout.unravel(jnp.asarray(made.y)).items()}
    fields["q"][list(failed)] = np.nan
    np.savez(folder / "line.npz", a=made.z[:, 0], b=made.z[:, 1], x=X.coordinates, **fields)


def recorded(**changes) -> DataSet:
    """What `RECORDED` describes."""
    return DataSet("line.npz", z=("a", "b"), y=("u", "q"), axes={"u": ("x",)}, **changes)


def write(path: Path, **changes) -> Path:
    """A configuration file: `BASE` with changes."""
    path.write_text(yaml.safe_dump(BASE | changes, sort_keys=False))
    return path
