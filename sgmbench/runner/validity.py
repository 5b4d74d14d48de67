"""Validity: the numbers that the findings about one cell are made of (`core.findings`).

    of its runs       failed ones, samples that are no numbers
    of its method     what a fit says against itself, what a Sampler says against its chains
    of its truth      failed runs, their number beside what is claimed, the solver's own error; of the worst condition

The truth is the same for all cells of a target, and so is what is held against it.
"""

from typing import Any

from sgmbench.cells import Description
from sgmbench.core.findings import (
    CLAIMED,
    Findings,
    coarse_solver,
    failed_runs,
    large_budget,
    lost_samples,
    of_fit,
    of_method,
    small_reference,
)
from sgmbench.core.method import Generator, Method
from sgmbench.runner.truth import Truth


def of_runs(*, failed: int, runs: int, lost: int, samples: int) -> Findings:
    """Of the solver runs of a cell, and of a Generator's samples.

    Args:
        failed: runs, or rows of a Sampler, that are NaN or infinite.
        runs: all of these.
        lost: samples of a Generator that are.
        samples: all of those.
    """
    return Findings(tuple(failed_runs(failed, runs) + lost_samples(lost, samples)))


def of_cell(method: Method, diagnostics: dict[str, Any], said: dict[str, tuple[str, ...]]) -> Findings:
    """Of what a method tells of itself: a Generator's fit by its diagnostics, a Sampler by condition."""
    if isinstance(method, Generator):
        return of_fit(diagnostics, resamples=method.resamples)
    return of_method(said)


def of_truth(cell: Description, truth: Truth) -> Findings:
    """Of the references that a cell is scored against."""
    conditions: list[Description] = cell["conditions"]
    runs = {c["name"]: truth.runs(cell, c) for c in conditions}
    failing = max(runs, key=lambda name: runs[name].failed / len(runs[name].ok))
    found = Findings(tuple(failed_runs(runs[failing].failed, len(runs[failing].ok), of=f"the reference at {failing}")))
    if any(c["pairs"] for c in conditions):
        return found
    fewest = min(runs, key=lambda name: int(runs[name].ok.sum()))
    count = int(runs[fewest].ok.sum()), len(conditions) if "held_out" in cell["reference"] else 1
    found += Findings(tuple(small_reference(*count, at=fewest)))
    if "nested" in cell:
        return found
    if _is_worth_its_budget(cell):
        found += Findings(marks=tuple(large_budget(cell["budget"], *count, at=fewest)))
    return found + _of_solver(cell, truth)


def _is_worth_its_budget(cell: Description) -> bool:
    """Whether equivalent runs stand beside the budget: of one law, and of runs at a condition; not of gradients."""
    is_one_law = not any(c["z"] or c["data"] for c in cell["conditions"])
    return is_one_law or not (cell["is_generator"] or any(c["data"] for c in cell["conditions"]))


def _of_solver(cell: Description, truth: Truth) -> Findings:
    """Of the field and condition where the solver's law is off most."""
    errors = {
        (c["name"], field): error.total
        for c in cell["conditions"]
        for field, error in truth.law_errors(cell, c).items()
    }
    if not errors:
        return Findings()
    at, field = max(errors, key=lambda key: errors[key])
    condition = next(c for c in cell["conditions"] if c["name"] == at)
    claimed = int(truth.runs(cell, condition).ok.sum()) / CLAIMED
    return coarse_solver(field, errors[at, field], at=at, claimed=claimed)
