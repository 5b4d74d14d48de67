"""Checks of references of which some runs are kept: they are made one by one and in order, as those of a solver are."""

from collections.abc import Iterator

from sgmbench import registry
from sgmbench.config.faults import Fault
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.experiment import ReferencePlan
from sgmbench.core.problem import Recorded
from sgmbench.core.target import Conditional, Marginal

PLACE = ("reference", "kept")


def faults(parts: Parts) -> Iterator[Fault]:
    """Problems and targets whose truth is not a stream of single runs, and a second plan beside this one."""
    plan = parts.get(("reference",))
    if not isinstance(plan, ReferencePlan) or plan.kept is None:
        return
    problem = parts.get(("problem",))
    if isinstance(problem, Recorded):
        kind = registry.kind_of("problems", type(problem))
        yield Fault(PLACE, f"the runs of {kind} are there already, and all are kept; remove it")
    if plan.held_out is not None:
        yield Fault(PLACE, "all held-out runs are kept; remove it, or reference.held_out")
    elif plan.kept >= max(plan.size, plan.drawn_size):
        yield Fault(PLACE, f"a reference of {max(plan.size, plan.drawn_size):,} runs is kept whole; remove it")
    for path, target in entries_of(parts, "targets").items():
        if type(target) not in (Marginal, Conditional):
            yield Fault(path, f"the truth of a {target.name} is not made of single runs; remove it, or reference.kept")
