"""Experiment: one configuration file, as data."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Len, Lt

from sgmbench.core.method import Generator, Method
from sgmbench.core.metric import Metric
from sgmbench.core.problem import Problem
from sgmbench.core.quantity import Quantity
from sgmbench.core.target import Target

MOST_KEPT = 65_536


@dataclass(frozen=True)
class Kind:
    """Marks a field whose value names a class of a registry group by `kind:`."""

    group: str


@dataclass(frozen=True)
class MethodEntry:
    """A method under its label, with budgets of its own where the experiment's do not suit it."""

    label: str
    method: Annotated[Method, Kind("methods")]
    budgets: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(0)] = ()


@dataclass(frozen=True)
class MetricEntry:
    """A metric under its label."""

    label: str
    metric: Annotated[Metric, Kind("metrics")]


@dataclass(frozen=True)
class ReferencePlan:
    """Sizes of the truth: independent runs a condition, for listed conditions (and the marginal) and for drawn ones.

    As many samples are scored as the reference has runs. No equivalent runs above a third of the size are claimed. Of
    recorded runs there are no more than are held out.

    Where a run is dear, `held_out` runs at each condition are the truth and no others are made for it: floors are those
    of its two halves, plain Monte Carlo is not run, since its errors are known without, and budgets share their runs.
    As many samples as the sizes say are scored all the same. Over K conditions n runs at each tell about n K^(1/2)
    equivalent runs apart, of which a third is claimed.

    Of more runs than memory holds some are `kept`. Mean, standard deviation and quantiles are those of all, and worth
    up to a third of all; everything else is scored against those kept, by as many samples.

    Attributes:
        size: runs at a listed condition, and of the marginal.
        drawn_size: runs at a drawn condition.
        held_out: runs at any condition, in place of both.
        kept: of more runs than that at a condition.
    """

    size: Annotated[int, Ge(50)] = 10_000
    drawn_size: Annotated[int, Ge(50)] = 4_000
    held_out: Annotated[int, Ge(10)] | None = None
    kept: Annotated[int, Ge(50), Le(MOST_KEPT)] | None = None


FINEST = 1e-9
"""The smallest tolerance, 10^18 runs' worth."""
DEAREST = 1e12
"""The largest cost of a run in seconds, and the largest number of conditions."""


@dataclass(frozen=True)
class Ask:
    """What the user wants to know, how well, how often, and what a run costs.

    Attributes:
        quantities: what is wanted, see `core.quantity`: of each field mean and sd, or c.mean, c.sd, c.q0.975,
            P(c>0.3), energy.
        tolerance: the error allowed, in standard deviations of the field (mean, quantiles), relative to it (sd), or to
            a probability, or the root of the energy distance over that of two runs (energy).
        conditions: Q, at how many conditions.
        cost_per_run: core-seconds of one solver run; "measured" takes this machine's.
        workers: over how many solver runs are spread, so that seconds are those of the wall clock; training and
            sampling are not spread. 1 counts core-seconds.
    """

    quantities: Annotated[tuple[str, ...], Len(1)] = ("mean", "sd")
    tolerance: Annotated[float, Gt(0), Lt(1)] = 0.02
    conditions: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1)] = (1, 10, 100)
    cost_per_run: Annotated[tuple[Literal["measured"] | Annotated[float, Gt(0)], ...], Len(1)] = ("measured",)
    workers: Annotated[int, Ge(1)] = 1

    def __post_init__(self) -> None:
        """Refuses, by a ValueError, what is no quantity, and numbers that nobody means."""
        for text in self.quantities:
            Quantity.parse(text)
        if self.tolerance < FINEST:
            raise ValueError(f"tolerance {self.tolerance:g} is finer than any run tells; write at least {FINEST:g}")
        costs = [cost for cost in self.cost_per_run if cost != "measured"]
        for name, largest in (("cost_per_run", max(costs, default=0)), ("conditions", max(self.conditions))):
            if largest > DEAREST:
                raise ValueError(f"{name} {largest:g} is beyond all use; write at most {DEAREST:g}")


@dataclass(frozen=True)
class ComparePlan:
    """By how much a run may be worse than an earlier one of its experiment before `sgmbench compare` calls it worse.

    Attributes:
        accuracy: relative worsening of any error that is tolerated.
        time: of the seconds of a method's own work.
        margins: of the errors of one metric, by its label, in place of `accuracy`; of `operations`, which has no other.
    """

    accuracy: Annotated[float, Gt(0)] = 0.1
    time: Annotated[float, Gt(0)] = 0.25
    margins: dict[str, Annotated[float, Gt(0)]] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A problem, the targets asked of it, the methods set against each other, and how they are scored.

    Attributes:
        name: folder below the results root.
        problem: the model.
        targets: distributions asked for.
        methods: what competes.
        budgets: solver runs: training runs of a Generator, runs a condition of a Sampler.
        metrics: how samples are scored; all built-in ones by default.
        primary: label of the metric by which methods are set against each other, declared before anything is run.
        replicates: fresh draws of runs and seeds.
        seed: of everything but the drawn conditions.
        evaluation_seed: of the drawn conditions alone.
        reference: size of the truth.
        ask: the questions that the verdict answers.
        keep_samples: of which replicates samples are kept on disk.
        samples_kept: how many rows a condition are kept.
        hide_germ: whether methods that choose or see xi are refused, as for a model whose randomness is out of reach.
        compare: by how much errors and time may grow from one version of the code to the next.
        timeout: seconds after which a cell without a result is ended; cells run in a child process then. Results do not
            depend on it.
    """

    name: str
    problem: Annotated[Problem, Kind("problems")]
    targets: Annotated[tuple[Annotated[Target, Kind("targets")], ...], Len(1)]
    methods: Annotated[tuple[MethodEntry, ...], Len(1)]
    budgets: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1)]
    metrics: tuple[MetricEntry, ...] = ()
    primary: str = "energy"
    replicates: Annotated[int, Ge(1)] = 3
    seed: Annotated[int, Ge(0)] = 0
    evaluation_seed: Annotated[int, Ge(0)] = 1
    reference: ReferencePlan = field(default_factory=ReferencePlan)
    ask: Annotated[tuple[Ask, ...], Len(1)] = (Ask(),)
    keep_samples: Literal["all", "first_replicate", "none"] = "first_replicate"
    samples_kept: Annotated[int, Ge(1)] = 1_000
    hide_germ: bool = False
    compare: ComparePlan = field(default_factory=ComparePlan)
    timeout: Annotated[float, Gt(0)] | None = None

    @property
    def training_runs(self) -> int:
        """The most runs that a replicate's Generators learn from; 0 without any."""
        budgets = [entry.budgets or self.budgets for entry in self.methods if isinstance(entry.method, Generator)]
        return max((budget for each in budgets for budget in each), default=0)
