"""Code of a user's own that goes wrong, named `wayward:Class` in configurations; each class by one mistake."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from small import Line, Watching, X

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import Sampler
from sgmbench.core.metric import Metric
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import LogUniform, Normal, Parameter, Prior, Uniform
from sgmbench.core.problem import Featured, Hosted, Leveled
from sgmbench.core.target import Marginal
from sgmbench.learning.network import Network


@dataclass(frozen=True)
class Unmade(Line):
    def __post_init__(self):
        raise TypeError("no mesh")


@dataclass(frozen=True)
class Speechless(Line):
    def __post_init__(self):
        raise ValueError


@dataclass(frozen=True)
class Divided(Line):
    @property
    def parameters(self):
        return (Parameter("a", "V", Uniform(0.0, 1 / 0)),)


@dataclass(frozen=True)
class Worded(Line):
    parameters = "a"


@dataclass(frozen=True)
class Fixed(Line):
    parameters = (Parameter("a", "V", 3.0),)


@dataclass(frozen=True)
class Twins(Line):
    parameters = (Parameter("a", "V", Normal(0.0, 1.0)), Parameter("a", "V", Normal(0.0, 1.0)))


@dataclass(frozen=True)
class HalfAGerm(Line):
    germ_dimension = 2.5


@dataclass(frozen=True)
class ByArray(Line):
    layout = Layout((Field("u", "V", (Axis("x", "m", np.linspace(0, 1, 5)),)), Field("q", "W")))


@dataclass(frozen=True)
class Placeless(Line):
    layout = Layout((Field("u", "V", (Axis("x", "m", (0.0, float("nan"))),)),))


@dataclass(frozen=True)
class Fieldless(Line):
    layout = Layout(())


@dataclass(frozen=True)
class Endless(Line):
    @property
    def layout(self):
        return Endless().layout


@dataclass(frozen=True)
class Mapped(Line):
    table: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Reversed(Line):
    parameters = (Parameter("a", "V", Uniform(2.0, 1.0)), Line.parameters[1])


@dataclass(frozen=True)
class Unbounded(Line):
    parameters = (Parameter("a", "V", Normal(float("nan"), 1.0)), Line.parameters[1])


@dataclass(frozen=True)
class OfNothing(Line):
    parameters = (Parameter("a", "V", LogUniform(0.0, 1.0)), Line.parameters[1])


@dataclass(frozen=True)
class InWords(Line):
    parameters = (Parameter("a", "V", Uniform("low", "high")), Line.parameters[1])


@dataclass(frozen=True)
class Cubed(Prior):
    def from_normal(self, zeta):
        return zeta**3

    def cdf(self, z):
        return 0.5 + 0.0 * z

    support = (-float("inf"), float("inf"))


@dataclass(frozen=True)
class Mismatched(Line):
    parameters = (Parameter("a", "V", Cubed()), Line.parameters[1])


@dataclass(frozen=True)
class Imaginary(Line):
    def simulate(self, z, xi):
        return {name: y * 1j for name, y in super().simulate(z, xi).items()}


@dataclass(frozen=True)
class Recursive(Line):
    def simulate(self, z, xi):
        return self.simulate(z, xi)


@dataclass(frozen=True)
class Empty(Line):
    def simulate(self, z, xi):
        pass


@dataclass(frozen=True)
class Listed(Line):
    def simulate(self, z, xi):
        return {"u": [z[0]] * 5, "q": z[0]}


@dataclass(frozen=True)
class Blind(Observation):
    k: int = 2

    @property
    def size(self):
        return self.k

    def mean(self, fields):
        return fields["u"]

    def sample(self, key, fields):
        return fields["u"][:2]

    def log_density(self, data, fields):
        return data.sum()


@dataclass(frozen=True)
class Misread(Line, Observed):
    observation = Blind()


@dataclass(frozen=True)
class Unread(Line, Observed):
    observation = Blind(0)


@dataclass(frozen=True)
class Bottomless(Line, Leveled):
    relative_cost = 1.0

    def coarser(self):
        return self


@dataclass(frozen=True)
class Changing(Line, Leveled):
    relative_cost = 1.0

    def coarser(self):
        return Line()


@dataclass(frozen=True)
class Free(Line, Leveled):
    relative_cost = 0.0

    def coarser(self):
        return None


@dataclass(frozen=True)
class Unconstrained(Line):
    def constraints(self, fields):
        return fields["u"]


@dataclass(frozen=True)
class Featureless(Line, Featured):
    def features(self, z, xi):
        return xi[0]


@dataclass(frozen=True)
class OffTheHook(Hosted):
    parameters = Line.parameters
    germ_dimension = 3
    layout = Line.layout

    def simulate_batch(self, z, xi):
        return np.zeros((len(z), 5))

    def check(self):
        raise ConnectionError("nobody is there")


@dataclass(frozen=True)
class Narrow(OffTheHook):
    def check(self):
        pass


def fail(z):
    raise FileNotFoundError("mesh.msh")


@dataclass(frozen=True)
class CalledBack(Line):
    def simulate(self, z, xi):
        missing = jax.pure_callback(fail, jax.ShapeDtypeStruct((), "float64"), z[0], vmap_method="sequential")
        return super().simulate(z + missing, xi)


@dataclass(frozen=True)
class Single(Line):
    """No mistake: float32 and whole numbers are numbers."""

    layout = Layout((Field("u", "V", (X,)), Field("n", "-")))

    def simulate(self, z, xi):
        return {"u": super().simulate(z, xi)["u"].astype("float32"), "n": jnp.round(z[0]).astype(int)}


@dataclass(frozen=True)
class Elsewhere(Marginal):
    name = "elsewhere"


@dataclass(frozen=True)
class Aimless(Watching):
    targets = None


@dataclass(frozen=True)
class Mute(Watching):
    def refusals(self, layout):
        pass


@dataclass(frozen=True)
class Refusing(Watching):
    def refusals(self, layout):
        return {"name": layout.fields[7]}


@dataclass(frozen=True)
class Unsuiting(Sampler):
    def unsuited(self, problem):
        raise LookupError("nobody knows")

    def prepare(self, problem, *, at_condition, clock):
        raise NotImplementedError


@dataclass(frozen=True)
class Idealless(Metric):
    ideal = "none"

    def score(self, samples, reference):
        return {}


@dataclass(frozen=True)
class Stubborn(Network):
    def refusal(self, geometry):
        raise KeyError("channels")

    def build(self, *, geometry, given, rngs):
        raise NotImplementedError


@dataclass(frozen=True)
class Unlearned(Watching):
    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        return {"learned": pairs.learned[len(pairs.learned) + 1]}


@dataclass(frozen=True)
class Fitless(Watching):
    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        return pairs.learned


@dataclass(frozen=True)
class Short(Watching):
    def prepare(self, fit, *, clock):
        return lambda at, n, key: np.zeros((n - 1, 6))


@dataclass(frozen=True)
class Complex(Watching):
    def prepare(self, fit, *, clock):
        return lambda at, n, key: np.full((n, 6), 1j)


@dataclass(frozen=True)
class Proud(Watching):
    def diagnose(self, fit, pairs, *, key):
        return {"loss": np.float32(1.0)}


@dataclass(frozen=True)
class Lost(Watching):
    def prepare(self, fit, *, clock):
        return lambda at, n, key: np.full((n, 6), np.nan)


@dataclass(frozen=True)
class Bare(Sampler):
    def prepare(self, problem, *, at_condition, clock):
        return lambda given, budget, key: np.zeros((budget, 6))


@dataclass(frozen=True)
class Unscored(Metric):
    def score(self, samples, reference):
        return {"u": samples.values.mean() / len(samples.missing)}


@dataclass(frozen=True)
class ManyScores(Metric):
    def score(self, samples, reference):
        return {"u": samples.values.mean(axis=0)}
