"""Warnings of a plan: what one may want to change before anything is spent.

Of R independent runs of the truth at each of K conditions the least mean square error of the mean that is told from
none is 3 / (R sqrt K) in units of one run's variance (`report.offers`), so that a tolerance eps takes

    R >= 3 / (eps^2 sqrt K).

Equivalent runs are claimed up to R / 3. A t-interval of two replicates is t(1) / sqrt 2 : t(2) / sqrt 3 = 3.6 times as
wide as one of three of equal spread, and of one replicate there is none.
"""

import math
import os
from collections.abc import Iterator

from sgmbench.cells import Cell, reference_description
from sgmbench.core.experiment import Experiment
from sgmbench.core.findings import CLAIMED

FEW = 3  # replicates


def warnings_of(experiment: Experiment, cells: list[Cell]) -> list[str]:
    """Too few replicates for an interval, and references too small for the tolerance or the budgets asked."""
    return [*_few_replicates(experiment.replicates), *_small_references(experiment, cells)]


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
        sizes = [reference_description(description, at)["size"] for at in description["conditions"]]
        yield from _cannot_tell(target, sizes, min(ask.tolerance for ask in experiment.ask))
        budget = max((cell.budget for cell in of_target if cell.description["is_generator"]), default=0)
        if target == "marginal":
            yield from _cannot_claim(sizes[0], budget)


def _cannot_tell(target: str, sizes: list[int], tolerance: float) -> Iterator[str]:
    k = len(sizes)
    smallest = math.sqrt(CLAIMED * sum(1 / n for n in sizes) / k / math.sqrt(k))
    if smallest <= tolerance:
        return
    at = f" at each of {k} conditions" if k > 1 else ""
    enough = math.ceil(CLAIMED / (tolerance**2 * math.sqrt(k)) - 1e-9)
    yield (
        f"reference: {min(sizes):,} runs of {target}{at} tell no error of the mean below {smallest:.1%} of a standard "
        f"deviation from none; a tolerance of {tolerance:.1%} takes {enough:,}"
    )


def _cannot_claim(size: int, budget: int) -> Iterator[str]:
    if budget > size // CLAIMED:
        yield (
            f"reference: of {size:,} runs equivalent runs are claimed up to {size // CLAIMED:,}, fewer than the "
            f"{budget:,} that are learned from; write a reference.size of {CLAIMED * budget:,} or more"
        )
