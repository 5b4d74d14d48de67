"""Hosts: the truths and cells of a run are made by many processes together (`core.hosts`).

    process 0 -> the others     {"make": "run"}                                 a run begins: what was held is forgotten
                                {"make": "truth" or "cell", "cell": {...}}      before it begins with it itself
                                null                                            there is nothing more to make

Process 0, the lead, walks through the cells of a run, knows which are there, and writes. The others follow: they make
what it makes, at the same time, since programs are begun by all; what they would write goes to a folder that nobody
sees. A cell is a function of its description and the store alone, and of the store they hear from the lead.

A cell that fails has failed in all of them. Any other error ends all.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from sgmbench.cells import Cell
from sgmbench.core.experiment import Experiment
from sgmbench.core.hosts import agreed, in_step, is_alone, is_in_step, is_lead
from sgmbench.core.problem import Hosted
from sgmbench.core.progress import Progress, silent
from sgmbench.core.result import Result
from sgmbench.errors import OutageError, UsageError
from sgmbench.runner.floors import has_floors
from sgmbench.runner.here import Here
from sgmbench.runner.uncached import without_compilation_cache
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder

T = TypeVar("T")


class Together:
    """Makes them in this process, the lead, and in all that follow it.

    Args:
        folder: of the run.
        cache: of shared inputs.
        progress: listener.
    """

    def __init__(self, folder: RunFolder, cache: Cache, progress: Progress) -> None:
        self._folder, self._here = folder, Here(folder, cache, progress)

    def __enter__(self) -> Self:
        agreed({"make": "run"})
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def make_truth(self, cell: Cell) -> None:
        if not has_floors(self._folder, cell):
            _together("truth", cell, self._here.make_truth)

    def make_cell(self, cell: Cell) -> Result:
        return _together("cell", cell, self._here.make_cell)


def _together(what: Literal["truth", "cell"], cell: Cell, make: Callable[[Cell], T]) -> T:
    """Has all make it."""
    agreed({"make": what, "cell": asdict(cell)})
    with in_step():
        return make(cell)


def led(work: Callable[[], T]) -> T | None:
    """What `work`, which runs experiments, comes to in process 0; the others follow it meanwhile, and get None."""
    if not is_lead():
        return _follow()
    try:
        return work()
    finally:
        if is_in_step():
            agreed(None)


def _follow() -> None:
    """Makes what the lead makes, until there is nothing more to make."""
    with tempfile.TemporaryDirectory(prefix="sgmbench-follow-") as scratch, without_compilation_cache():
        here = None
        for run, asked in _orders():
            if asked["make"] == "run":
                folder = Path(scratch) / str(run)
                here = Here(RunFolder(folder), Cache(folder), silent)
                continue
            assert here is not None
            with suppress(OutageError), in_step():
                make = here.make_truth if asked["make"] == "truth" else here.make_cell
                make(Cell(**asked["cell"]))


def _orders() -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of the run, and what is to be made."""
    run = 0
    while (asked := agreed(None)) is not None:
        run += asked["make"] == "run"
        yield run, asked


def check_together(experiment: Experiment, *, isolate: bool) -> None:
    """Refuses what many processes cannot do together, by a UsageError; all that one can."""
    if is_alone():
        return
    if isinstance(experiment.problem, Hosted):
        name = type(experiment.problem).__name__
        raise UsageError(f"{name}: its runs are made outside JAX, by one process; leave the others out")
    if isolate or experiment.timeout is not None:
        raise UsageError("--isolate and a timeout end the process that makes a cell, and with it all; leave them out")
    if not is_lead():
        raise UsageError(
            "process 0 runs an experiment, and the others follow it; write sgmbench.led(lambda: sgmbench.run(...))"
        )
