"""Small problems, methods, networks and metrics whose fields cover every kind of hyperparameter."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Len, Lt

from sgmbench.core.experiment import Kind
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import Generator, Sampler, Surrogate
from sgmbench.core.metric import Metric
from sgmbench.core.observation import Observed
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Hosted, Leveled, Traceable
from sgmbench.problems.linear_gaussian import WhiteNoise


@dataclass(frozen=True)
class Decay(Traceable):
    """A decaying quantity."""

    steps: Annotated[int, Ge(1), Le(1000)] = 10
    scheme: Literal["explicit", "implicit"] = "implicit"
    order: Literal[1, 2] = 1

    def __post_init__(self) -> None:
        if self.scheme == "explicit" and self.order == 2:
            raise ValueError("the explicit scheme is of order 1; write implicit, or order: 1")

    parameters = (Parameter("rate", "1/s", Uniform(0.0, 1.0)), Parameter("amplitude", "V", Uniform(-1.0, 1.0)))
    germ_dimension = 3
    layout = Layout((Field("y", "V"),))

    def simulate(self, z, xi):
        return {"y": z[0] + xi[0]}


@dataclass(frozen=True)
class Noise(Decay):
    """A problem in which everything is known but the noise."""

    parameters = ()


@dataclass(frozen=True)
class Certain(Decay):
    """A problem without randomness of its own."""

    germ_dimension = 0


@dataclass(frozen=True)
class Wide(Noise):
    """Nine quantities."""

    layout = Layout(tuple(Field(f"y{i}", "V") for i in range(9)))


@dataclass(frozen=True)
class Named(Decay):
    """An axis has the name that it is given."""

    name: str = "x"

    @property
    def layout(self):
        return Layout((Field("y", "V", (Axis(self.name, "m", (0.0, 1.0)),)),))


@dataclass(frozen=True)
class Watched(Decay, Observed):
    """A decaying quantity that two instruments see."""

    observation = WhiteNoise(2, 0.1)


@dataclass(frozen=True)
class WideWatched(Watched):
    """Nine quantities, seen by two instruments."""

    layout = Wide.layout


@dataclass(frozen=True)
class Elsewhere(Hosted, Observed):
    """An instrument on another host."""

    parameters = Decay.parameters
    germ_dimension = 3
    layout = Decay.layout
    observation = WhiteNoise(2, 0.1)

    def simulate_batch(self, z, xi):
        raise NotImplementedError


@dataclass(frozen=True)
class Draws(Sampler):
    """Independent draws."""

    def prepare(self, problem, *, at_condition, clock) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Chains(Draws):
    """Chains of a posterior."""

    targets = ("posterior",)
    requires = (Traceable, Observed)


@dataclass(frozen=True)
class Sees(Surrogate):
    """Sees the germ."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None) -> Any:
        raise NotImplementedError

    def prepare_map(self, fit, *, clock) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Twofold(Draws):
    """Has a hyperparameter of the name that its entry has for the class."""

    method: Literal["plain", "clever"] = "plain"


@dataclass(frozen=True)
class Levels(Draws):
    """Draws on two levels."""

    requires = (Leveled,)


class Net:
    """A regression."""


@dataclass(frozen=True)
class Small(Net):
    """A small one."""

    width: Annotated[int, Ge(1)] = 8


@dataclass(frozen=True)
class Deep(Net):
    """A deep one."""

    widths: tuple[int, ...] = (8, 8)


@dataclass(frozen=True)
class Schedule:
    """Of the learning rate."""

    peak: Annotated[float, Gt(0), Lt(1)] = 1e-3
    span: tuple[int, float] = (0, 1.0)


@dataclass(frozen=True)
class Learner(Generator):
    """Learns."""

    steps: Annotated[int, Ge(1)] = 100
    ema: bool = True
    note: str = ""
    clip: Annotated[float, Gt(0)] | None = None
    weights: dict[str, float] = field(default_factory=dict)
    network: Annotated[Net, Kind("networks")] = Small()
    schedule: Schedule = Schedule()
    noise: Annotated[tuple[float, ...], Len(1, 3)] = (0.0,)

    def refusals(self, layout):
        narrow = isinstance(self.network, Small) and self.network.width < layout.size
        return (
            {"network": f"small has a width of {layout.size} at least (write width: {layout.size})"} if narrow else {}
        )

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None) -> Any:
        raise NotImplementedError

    def prepare(self, fit, *, clock) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Energy(Metric):
    """Energy distance."""

    norm: Literal["field_l2", "standardized"] = "field_l2"

    def score(self, samples, reference):
        return {}


@dataclass(frozen=True)
class Mean(Metric):
    """Error of the mean."""

    def score(self, samples, reference):
        return {}


@dataclass(frozen=True)
class Unfinished(Sampler):
    """Lacks its method."""


class Untyped:
    """Neither a dataclass nor any of the kinds."""


@dataclass(frozen=True)
class Arrays(Traceable):
    """A problem with a field that no configuration can hold."""

    values: Net | None = None

    parameters = ()
    germ_dimension = 1
    layout = Layout((Field("y", "V"),))

    def simulate(self, z, xi):
        return {"y": xi[0]}
