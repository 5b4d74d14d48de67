"""Warnings of a plan: what one may want to change before anything is spent.

Of R independent runs of the truth at each of K conditions the least mean square error of the mean that is told from
none is 3 / (R sqrt K) in units of one run's variance (`report.offers`), so that a tolerance eps takes

    R >= 3 / (eps^2 sqrt K).

Equivalent runs are claimed up to R / 3. Of a streamed reference R counts all runs for mean, standard deviation and
quantiles, and for everything else those that are kept. A t-interval of two replicates is t(1) / sqrt 2 : t(2) / sqrt 3
= 3.6 times as wide as one of three of equal spread, and of one replicate there is none.
"""

import math
import os
from collections.abc import Iterator

from sgmbench import registry
from sgmbench.cells import Cell, Description, reference_description
from sgmbench.core.experiment import Ask, Experiment
from sgmbench.core.findings import CLAIMED, small_reference
from sgmbench.core.method import Generator, Method
from sgmbench.core.problem import Recorded
from sgmbench.core.quantity import Quantity

FEW = 3  # replicates
STRONGEST, LAWS = "control_variate", ("marginal", "conditional")
BY_ALL_RUNS = ("mean", "sd", "quantile")
"""Statistics that a streamed reference tells by all of its runs, and not by those alone that it keeps."""


def warnings_of(experiment: Experiment, cells: list[Cell]) -> list[str]:
    """Too few replicates for an interval, and references too small for the tolerance or the budgets asked."""
    return [*_few_replicates(experiment.replicates), *_small_references(experiment, cells)]


def weak_rivals(experiment: Experiment) -> Iterator[str]:
    """Whether a Generator of a law meets no method that uses a known germ, or not the strongest that does.

    Methods of the user's own are taken to use it.
    """
    is_met = any(isinstance(entry.method, registry.load("methods", STRONGEST)) for entry in experiment.methods)
    is_of_law = any(target.name in LAWS for target in experiment.targets)
    blind = [entry.method for entry in experiment.methods if not _may_see_germ(entry.method)]
    is_known = not experiment.hide_germ and not isinstance(experiment.problem, Recorded)
    if is_met or not is_of_law or not is_known or not any(isinstance(each, Generator) for each in blind):
        return
    if len(blind) == len(experiment.methods):
        yield (
            f"methods: none uses the germ. If it is known, add {STRONGEST}, quasi_monte_carlo or network, the rivals "
            "to beat; if not, write hide_germ: true"
        )
    else:
        yield (
            f"methods: {STRONGEST} is not among them, the strongest rival where the germ is known; whoever wins "
            "without is said not to have met it"
        )


def _may_see_germ(method: Method) -> bool:
    return method.sees_germ or not type(method).__module__.startswith("sgmbench.")


def beyond_memory(needed: int, what: str, there: int | None = None) -> Iterator[str]:
    """Whether so many bytes are more than there are, by default in this machine."""
    there = there or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        yield (
            f"memory: about {needed / 1e9:.3g} GB for {what}, and this machine has {there / 1e9:.3g} GB; write a "
            "smaller reference, fewer conditions or a smaller budget"
        )


def _few_replicates(replicates: int) -> Iterator[str]:
    if replicates == 1:
        yield f"replicates: 1 gives no interval, so that nothing is surely better; write at least {FEW}"
    elif replicates < FEW:
        yield f"replicates: {replicates} give an interval 3.6 times as wide as {FEW} do; write at least {FEW}"


def _small_references(experiment: Experiment, cells: list[Cell]) -> Iterator[str]:
    """Of each target whose truth is a law; nested truths and pairs have other limits."""
    for target in dict.fromkeys(cell.target for cell in cells):
        of_target = [cell for cell in cells if cell.target == target]
        description = of_target[0].description
        if "nested" in description or description["conditions"][0]["pairs"]:
            continue
        truths = [reference_description(description, at) for at in description["conditions"]]
        sizes = [truth["size"] for truth in truths]
        kept = [truth.get("kept", truth["size"]) for truth in truths]
        yield from _invalid(target, min(kept), len(kept), description)
        by_kept = [ask for ask in experiment.ask if kept != sizes and not _is_told_by_all(ask)]
        by_all = [ask for ask in experiment.ask if ask not in by_kept]
        yield from _cannot_tell(f"runs of {target}", sizes, by_all, "of the mean below {:.1%} of a standard deviation")
        yield from _cannot_tell(f"kept runs of {target}", kept, by_kept, "by energy or of a probability below {:.1%}")
        budget = max((cell.budget for cell in of_target if cell.description["is_generator"]), default=0)
        if target == "marginal":
            yield from _cannot_claim(sizes[0], kept[0], budget, has_energy=_has_energy(experiment))


def _invalid(target: str, runs: int, conditions: int, cell: Description) -> Iterator[str]:
    """Whether held-out runs are so few that no cell can win anything; other references have a least size."""
    if "held_out" in cell["reference"]:
        for finding in small_reference(runs, conditions, at=cell["conditions"][0]["name"]):
            yield f"reference: every cell of {target} will be invalid: {finding.says}"


def _is_told_by_all(ask: Ask) -> bool:
    return all(Quantity.parse(text).statistic in BY_ALL_RUNS for text in ask.quantities)


def _has_energy(experiment: Experiment) -> bool:
    return any(entry.metric.judged_by == "equivalent_runs" for entry in experiment.metrics)


def _cannot_tell(runs: str, sizes: list[int], asks: list[Ask], error: str) -> Iterator[str]:
    tolerance, k = min((ask.tolerance for ask in asks), default=math.inf), len(sizes)
    smallest = math.sqrt(CLAIMED * sum(1 / n for n in sizes) / k / math.sqrt(k))
    if smallest <= tolerance:
        return
    at = f" at each of {k} conditions" if k > 1 else ""
    enough = math.ceil(CLAIMED / (tolerance**2 * math.sqrt(k)) - 1e-9)
    yield (
        f"reference: {min(sizes):,} {runs}{at} tell no error {error.format(smallest)} from none; a tolerance of "
        f"{tolerance:.1%} takes {enough:,}"
    )


def _cannot_claim(size: int, kept: int, budget: int, *, has_energy: bool) -> Iterator[str]:
    """Of all runs by the mean; by energy, where it is scored, of those that are kept."""
    if budget > size // CLAIMED:
        yield _claimed(f"{size:,} runs equivalent runs", size, budget, "reference.size")
    elif has_energy and budget > kept // CLAIMED:
        yield _claimed(f"{kept:,} kept runs equivalent runs by energy", kept, budget, "reference.kept")


def _claimed(what: str, runs: int, budget: int, key: str) -> str:
    return (
        f"reference: of {what} are claimed up to {runs // CLAIMED:,}, fewer than the {budget:,} that are learned from; "
        f"write a {key} of {CLAIMED * budget:,} or more"
    )
