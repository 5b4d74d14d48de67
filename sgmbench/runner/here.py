"""Here: the truths and cells of a run are made in this process."""

from dataclasses import replace
from typing import Protocol

from sgmbench.cells import Cell
from sgmbench.core.progress import Progress
from sgmbench.core.result import Result
from sgmbench.errors import StoreError
from sgmbench.runner.artifacts import load_training_runs, question_of
from sgmbench.runner.execute import execute
from sgmbench.runner.floors import write_floors
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples


class Makes(Protocol):
    """Makes what a run consists of, and leaves it in the run folder."""

    def make_truth(self, cell: Cell) -> None:
        """The truth of a cell's target, which its cells are scored against from now on.

        Raises:
            OutageError: it cannot be made now.
        """

    def make_cell(self, cell: Cell) -> Result:
        """The result of a cell whose target's truth is there."""
        ...


class Here:
    """Makes them in this process.

    Args:
        folder: of the run.
        cache: of shared inputs.
        progress: listener.
    """

    def __init__(self, folder: RunFolder, cache: Cache, progress: Progress) -> None:
        self._folder, self._cache, self._progress = folder, cache, progress
        self._truth, self._target = Truth(cache, progress), ""

    def make_truth(self, cell: Cell) -> None:
        write_floors(self._folder, cell, self._truth_of(cell), self._cache, self._progress)

    def make_runs(self, cell: Cell) -> None:
        """The training runs of a cell, into the cache; where they cannot be made, the cell will say why."""
        try:
            load_training_runs(cell.description, self._cache, self._progress)
        except StoreError:
            raise
        except Exception:
            pass

    def make_cell(self, cell: Cell, *, beside: int = 0) -> Result:
        """Its result; `beside` is how many others may be at work on this machine."""
        result, kept = execute(cell, self._truth_of(cell), self._cache, self._progress)
        result = replace(result, cost=replace(result.cost, beside=beside))
        if kept:
            layout = question_of(cell.description).answer.layout
            write_samples(self._folder.cell(cell.name) / "samples.nc", kept, layout)
        self._folder.write_result(result)
        return result

    def _truth_of(self, cell: Cell) -> Truth:
        """The truth of its target; that of another target is forgotten."""
        if cell.target != self._target:
            self._truth.forget()
            self._target = cell.target
        return self._truth
