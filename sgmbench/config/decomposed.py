"""Checks of a decomposition: something must vary with z and something beside it, and the solver run again at each z."""

from collections.abc import Iterator

from sgmbench import registry
from sgmbench.config.faults import Fault, Path
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.experiment import ReferencePlan
from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.target import Decomposition

FEWEST_Z = 10


def faults(parts: Parts) -> Iterator[Fault]:
    """Problems that have no two parts, and references of too few z."""
    for path, target in entries_of(parts, "targets").items():
        if isinstance(target, Decomposition):
            yield from _problem(parts, path)
            yield from _reference(parts, path, target)


def _problem(parts: Parts, path: Path) -> Iterator[Fault]:
    problem = parts.get(("problem",))
    if not isinstance(problem, Problem):
        return
    kind = registry.kind_of("problems", type(problem))
    if isinstance(problem, Recorded):
        yield Fault(path, f"the runs of {kind} are recorded, and none can be made again at one z; write marginal")
    elif not problem.parameters:
        yield Fault(path, f"{kind} has no parameters, so nothing is epistemic; write marginal")
    elif not problem.germ_dimension:
        yield Fault(path, f"{kind} has no germ, so nothing is aleatoric; write marginal")


def _reference(parts: Parts, path: Path, target: Decomposition) -> Iterator[Fault]:
    """A variance over z takes several of them."""
    plan, least = parts.get(("reference",), ReferencePlan()), FEWEST_Z * target.inner
    if plan.size < least:
        where = ("reference", "size") if ("reference",) in parts else path
        yield Fault(
            where,
            f"{plan.size:,} runs are {plan.size // target.inner:,} z of {target.inner:,} runs for the decomposition; "
            f"write at least {least:,}, or a smaller `inner` of the target",
        )
