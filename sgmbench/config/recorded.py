"""Checks of an experiment whose runs are recorded: nothing can be run again, so what is asked must be there."""

from collections.abc import Iterator

import numpy as np

from sgmbench import registry
from sgmbench.config.faults import Fault, Path
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.experiment import Ask, Experiment
from sgmbench.core.method import Sampler
from sgmbench.core.part import held_out, runs_each
from sgmbench.core.problem import Recorded
from sgmbench.core.target import Conditional


def faults(parts: Parts) -> Iterator[Fault]:
    """Runs that are not there, and methods and conditions that would take new ones."""
    problem = parts.get(("problem",))
    if isinstance(problem, Recorded):
        yield from _budgets(parts, problem)
        yield from _conditions(parts, problem)
        yield from samplers(parts)


def warnings(parts: Parts) -> Iterator[Fault]:
    """What a recorded run took is not known, so it cannot be measured."""
    if not isinstance(parts.get(("problem",)), Recorded):
        return
    asks: dict[Path, Ask] = entries_of(parts, "ask") or {("ask",): Ask()}
    for path, ask in asks.items():
        if "measured" in ask.cost_per_run:
            yield Fault(
                (*path, "cost_per_run"),
                "recorded runs do not say what a run costs; write it in seconds, as in cost_per_run: [60], to be told "
                "which method is cheapest",
            )


def _budgets(parts: Parts, problem: Recorded) -> Iterator[Fault]:
    """Each replicate has so many runs of its own."""
    replicates = parts.get(("replicates",), Experiment.replicates)
    each, n, kept = runs_each(problem, replicates), len(problem.pool.y), problem.held_out_runs
    methods = entries_of(parts, "methods")
    is_used = not methods or any(not entry.budgets for entry in methods.values())
    budgets = entries_of(parts, "budgets") if is_used else {}
    for path, entry in methods.items():
        budgets |= {(*path, "budgets", i): budget for i, budget in enumerate(entry.budgets)}
    for path, budget in budgets.items():
        if budget > each:
            share = f"{each:,} for each of {replicates} replicates" if replicates > 1 else f"{each:,}"
            remedy = f"write at most {each:,}, or fewer replicates" if each else "write fewer replicates"
            yield Fault(
                path,
                f"{budget:,} runs are more than there are: {n:,} recorded, {kept:,} of them held out, leave {share}; "
                f"{remedy}, or hold fewer out",
            )


def _conditions(parts: Parts, problem: Recorded) -> Iterator[Fault]:
    """Conditions are those of held-out runs."""
    available = int(np.sum(np.all(np.isfinite(held_out(problem).pool.y), axis=1)))
    remedy = f"write `drawn`: how many of the {available:,} held-out runs to score, each at its own z"
    for path, target in entries_of(parts, "targets").items():
        if not isinstance(target, Conditional) or not problem.parameters:
            continue
        if target.conditions:
            yield Fault((*path, "conditions"), f"recorded runs cannot be made again at a condition; {remedy}")
        elif not target.drawn:
            yield Fault(path, f"no condition is asked for; {remedy}")
        elif target.drawn > available:
            yield Fault((*path, "drawn"), f"{target.drawn:,} are more than there are; {remedy}")


def samplers(parts: Parts) -> Iterator[Fault]:
    """At a condition a Sampler would make runs."""
    problem, targets = parts.get(("problem",)), entries_of(parts, "targets").values()
    if not isinstance(problem, Recorded) or not any(isinstance(target, Conditional) for target in targets):
        return
    for path, entry in entries_of(parts, "methods").items():
        if isinstance(entry.method, Sampler):
            name = registry.kind_of("methods", type(entry.method))
            on = registry.kind_of("problems", type(problem))
            yield Fault(
                path,
                f"{name} needs fresh runs at each condition, and {on} has none; remove the method or the conditional "
                "target",
            )
