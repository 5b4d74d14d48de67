"""Checks of an experiment whose solver is dear, so that a few of its runs are held out as the truth.

    solver runs in all = n x (conditions of all targets) + replicates x (largest budget of a Generator)

are said before anything is spent. Nothing else makes runs then: what would is refused by name.
"""

from collections.abc import Iterator

from sgmbench import registry
from sgmbench.config.faults import Fault, Path
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.experiment import Ask, Experiment, MethodEntry, ReferencePlan
from sgmbench.core.method import Generator, Sampler
from sgmbench.core.problem import Recorded
from sgmbench.core.target import Conditional, Marginal, Target
from sgmbench.montecarlo.monte_carlo import MonteCarlo

PLACE = ("reference", "held_out")


def faults(parts: Parts) -> Iterator[Fault]:
    """Problems, targets and methods that held-out runs do not suit."""
    if _held_out(parts) is None:
        return
    problem = parts.get(("problem",))
    if isinstance(problem, Recorded):
        kind = registry.kind_of("problems", type(problem))
        yield Fault(PLACE, f"the runs of {kind} are there already, and its own held_out says how many are the truth")
    for path, target in entries_of(parts, "targets").items():
        if not isinstance(target, Marginal | Conditional):
            text = f"the truth of a {target.name} is not made of single runs; remove it, or reference.held_out"
            yield Fault(path, text)
    for path, entry in entries_of(parts, "methods").items():
        if isinstance(entry.method, Sampler) and not isinstance(entry.method, MonteCarlo):
            name = registry.kind_of("methods", type(entry.method))
            yield Fault(path, f"{name} makes runs of its own beside those held out; remove it, or reference.held_out")


def warnings(parts: Parts) -> Iterator[Fault]:
    """How many runs of the solver it will be, and how long they take where a cost is written."""
    n = _held_out(parts)
    if n is None:
        return
    targets = list(entries_of(parts, "targets").values())
    methods = list(entries_of(parts, "methods").values())
    replicates = parts.get(("replicates",), Experiment.replicates)
    conditions = sum(map(_conditions, targets))
    largest = _largest_budget(methods, tuple(entries_of(parts, "budgets").values()))
    total = n * conditions + replicates * largest
    each = f" at each of {conditions} conditions" if conditions > 1 else ""
    learned = f" and {largest:,} in each of {replicates} replicates to learn from" if replicates > 1 else ""
    learned = learned or f" and {largest:,} to learn from"
    said = [f"{total:,} solver runs in all: {n:,}{each} as the truth{learned if largest else ''}"]
    said += _times(total, entries_of(parts, "ask"))
    if any(isinstance(entry.method, Sampler) for entry in methods):
        said.append("plain Monte Carlo is not run, since its errors are known")
    yield Fault(PLACE, "; ".join(said))


def _held_out(parts: Parts) -> int | None:
    plan = parts.get(("reference",))
    return plan.held_out if isinstance(plan, ReferencePlan) else None


def _conditions(target: Target) -> int:
    return len(target.conditions) + target.drawn if isinstance(target, Conditional) else 1


def _largest_budget(methods: list[MethodEntry], budgets: tuple[int, ...]) -> int:
    """Of the Generators; smaller budgets are the first of its runs."""
    learned = [entry.budgets or budgets for entry in methods if isinstance(entry.method, Generator)]
    return max((budget for each in learned for budget in each), default=0)


def _times(total: int, asks: dict[Path, Ask]) -> Iterator[str]:
    """What all runs take, by the first cost that is written in seconds."""
    for ask in asks.values():
        for cost in ask.cost_per_run:
            if isinstance(cost, float | int):
                hours = total * cost / 3600
                spread = f", {hours / ask.workers:.3g} h on {ask.workers} workers" if ask.workers > 1 else ""
                yield f"at {cost:,.6g} s a run {hours:.3g} h{spread}"
                return
