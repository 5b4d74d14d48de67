"""Steps of a run, and what each waits for.

    truth of a target  ->  its cells  <-  training runs of a budget and replicate

Whoever makes a step finds in the cache and the run folder what the steps before it have left there. The training runs
that several missing cells learn from are a step of their own, so that no two workers make them.

Seconds are worth something where nobody computes beside them: the truths, whose seconds tell what a solver run costs,
and replicate 0 of every method and budget are *timed*. Other replicates tell how much scores scatter.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sgmbench.cells import Cell, all_runs_description
from sgmbench.runner.maker import What

TIMED = 0  # the replicate whose seconds are told


@dataclass(frozen=True, eq=False)
class Step:
    """One thing to be made.

    Attributes:
        name: unique in the run.
        what: the truth of a cell's target, the training runs of a cell, or the cell itself.
        cell: the cell, or any of those that wait for it.
        is_timed: whether nothing else may be at work on its machine meanwhile.
        after: the names of steps that must be done before.
    """

    name: str
    what: What
    cell: Cell
    is_timed: bool
    after: tuple[str, ...] = ()


def steps_of(cells: Sequence[Cell], *, without_truth: Sequence[Cell], timed: bool) -> list[Step]:
    """All that is to be made, the timed steps first.

    Args:
        cells: those that are missing.
        without_truth: one of each target whose truth is missing.
        timed: whether any step is.
    """
    truths = {cell.target: Step(f"truth of {cell.target}", "truth", cell, timed) for cell in without_truth}
    learners = {cell.name: _runs(cell) for cell in cells if cell.description["is_generator"]}
    shared = {name for name, count in Counter(learners.values()).items() if count > 1}
    runs, own = {}, []
    for cell in cells:
        is_timed, needed = timed and cell.replicate == TIMED, learners.get(cell.name)
        if needed in shared:
            runs.setdefault(needed, Step(needed, "runs", cell, is_timed))
        after = [truths[cell.target].name] if cell.target in truths else []
        own.append(Step(cell.name, "cell", cell, is_timed, (*after, *([needed] if needed in shared else []))))
    return sorted([*truths.values(), *runs.values(), *own], key=lambda step: not step.is_timed)


def _runs(cell: Cell) -> str:
    """The name of its training runs: all targets of an experiment share them."""
    return f"{all_runs_description(cell.description)['size']} training runs r{cell.replicate}"
