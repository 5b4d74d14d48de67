"""Extent: experiments of more cells or conditions than anyone can run, refused before they are counted out.

    cells = replicates x sum over targets and methods of their budgets

A slip of the keyboard would otherwise take the memory of the machine before a word is said.
"""

from collections.abc import Iterator

from sgmbench.config.faults import Fault
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.experiment import Experiment

MOST_CELLS = 100_000
MOST_CONDITIONS = 10_000


def faults(parts: Parts) -> Iterator[Fault]:
    """Too many conditions drawn, and too many cells."""
    targets = entries_of(parts, "targets")
    for path, target in targets.items():
        drawn = getattr(target, "drawn", 0)
        if drawn > MOST_CONDITIONS:
            yield Fault(
                (*path, "drawn"), f"{drawn:,} conditions are too many to score; write at most {MOST_CONDITIONS:,}"
            )
    shared = len(entries_of(parts, "budgets"))
    budgets = sum(len(entry.budgets) or shared for entry in entries_of(parts, "methods").values())
    replicates = parts.get(("replicates",), Experiment.replicates)
    cells = replicates * budgets * len(targets)
    if cells > MOST_CELLS:
        most = max(MOST_CELLS // (budgets * len(targets)), 1)
        yield Fault(("replicates",), f"{replicates:,} make {cells:,} cells; write at most {most:,}")
