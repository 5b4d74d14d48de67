"""Wary: a run whose process something has ended again and again is made in a child, which that may end.

    .deaths.json    {"at": "law.diffusion.1000.r0", "ended": {"truth of law": 1}}

In the run folder it says what the process is at; it is gone, or says null, when that has ended by itself. So a cell
that it names when a run is gone on with, and that is not there, has ended its process: by a library that aborts or for
want of memory, or somebody has killed it meanwhile. Where one has done so `TWICE`, `runner.isolated` makes it and all
others, since what one does they may do, too: each fails alone.
"""

import contextlib
from collections import Counter
from typing import Any, Self

from sgmbench.cells import Cell
from sgmbench.core.progress import Progress
from sgmbench.core.result import Result
from sgmbench.errors import StoreError
from sgmbench.runner.floors import has_floors
from sgmbench.runner.here import Here, Makes
from sgmbench.runner.isolated import Isolated
from sgmbench.store.atomic import read_json, write_json
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder

DEATHS = ".deaths.json"
TWICE = 2


class Wary:
    """Makes truths and cells in this process, or in a child once one has ended it twice; ends with a `with` block.

    Args:
        folder: of the run.
        cache: of shared inputs.
        progress: listener.
    """

    def __init__(self, folder: RunFolder, cache: Cache, progress: Progress) -> None:
        self._folder, self._file = folder, folder.path / DEATHS
        self._here, self._child = Here(folder, cache, progress), Isolated(folder, cache, progress)
        self._ended = self._found()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._child.__exit__(*exception)
        with contextlib.suppress(OSError, StoreError):  # nothing is lost without it
            if self._ended:
                self._note(None)
            else:
                self._file.unlink(missing_ok=True)

    def make_truth(self, cell: Cell) -> None:
        what = f"truth of {cell.target}"
        if not has_floors(self._folder, cell):
            self._maker(what).make_truth(cell)
        del self._ended[what]

    def make_cell(self, cell: Cell) -> Result:
        result = self._maker(cell.name).make_cell(cell)
        if not result.is_outage:
            del self._ended[cell.name]
        return result

    def _maker(self, what: str) -> Makes:
        is_fatal = max(self._ended.values(), default=0) >= TWICE
        self._note(None if is_fatal else what)
        return self._child if is_fatal else self._here

    def _note(self, what: str | None) -> None:
        write_json(self._file, {"at": what, "ended": +self._ended})

    def _found(self) -> Counter[str]:
        """How often each has ended its process; of a file that somebody has changed, nothing."""
        try:
            said: Any = read_json(self._file)
            ended = Counter({str(what): int(count) for what, count in said["ended"].items()})
            ended.update([said["at"]] if said["at"] else [])
        except (StoreError, KeyError, TypeError, ValueError, AttributeError):
            return Counter()
        for result in self._folder.results() if ended else ():
            if not result.is_outage:
                del ended[result.name]
        return ended
