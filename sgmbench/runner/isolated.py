"""Isolated: the truths and cells of a run are made in a child process, so that no solver can take the run down."""

from dataclasses import asdict
from typing import Self

from sgmbench.cells import Cell
from sgmbench.core.progress import Progress
from sgmbench.core.result import Result
from sgmbench.errors import OutageError
from sgmbench.runner.execute import without
from sgmbench.runner.floors import has_floors, write_outage
from sgmbench.runner.maker import Errand, Maker
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder


class Isolated:
    """Makes them in a child process, which ends with a `with` block; what it did not live to tell has failed.

    Args:
        folder: of the run.
        cache: of shared inputs.
        progress: listener.
        timeout: seconds until a cell is given up, None for never.
    """

    def __init__(self, folder: RunFolder, cache: Cache, progress: Progress, *, timeout: float | None = None) -> None:
        self._folder = folder
        self._maker = Maker(Errand.here(folder.path, cache.root, timeout), progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._maker.end()

    def make_truth(self, cell: Cell) -> None:
        if has_floors(self._folder, cell):
            return
        try:
            self._maker.make("truth", asdict(cell))
        except OutageError as error:
            write_outage(self._folder, cell, error)
            raise

    def make_cell(self, cell: Cell) -> Result:
        try:
            self._maker.make("cell", asdict(cell))
        except OutageError as error:
            result = without(cell, error)
            self._folder.write_result(result)
            return result
        made = self._folder.read_result(cell.name)
        assert made is not None
        return made
