"""A whole run: the truth of each target, its floors, then every cell that is not there yet.

A cell that failed for want of a server, of memory or of time is not there yet either.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from sgmbench.cells import Cell, cells_of
from sgmbench.config.dump import dump
from sgmbench.core.experiment import Experiment
from sgmbench.core.hosts import is_alone
from sgmbench.core.problem import Hosted, Problem, Recorded
from sgmbench.core.progress import Progress, expect, silent
from sgmbench.core.result import Result
from sgmbench.errors import OutageError, UsageError
from sgmbench.runner.environment import environment
from sgmbench.runner.execute import without
from sgmbench.runner.forecast import forecast
from sgmbench.runner.here import Makes
from sgmbench.runner.hosts import Together
from sgmbench.runner.isolated import Isolated
from sgmbench.runner.kernel import KERNEL, kernel_seconds
from sgmbench.runner.runnable import check_runnable
from sgmbench.runner.uncached import without_compilation_cache
from sgmbench.runner.wary import Wary
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder, runs_of


def start(
    experiment: Experiment, results: Path, *, warnings: tuple[str, ...] = (), left_out: dict[str, str] | None = None
) -> RunFolder:
    """A new run folder for an experiment; `left_out` says why a series has left which methods out.

    Raises:
        UsageError: the problem cannot be run.
        StoreError: the folder cannot be written.
    """
    check_runnable(experiment.problem)
    record = {
        "configuration": dump(experiment),
        "cells": [cell.name for cell in cells_of(experiment)],
        "environment": environment() | {KERNEL: kernel_seconds()},
        "warnings": list(warnings),
        "left_out": left_out or {},
        "data": _data(experiment.problem),
    }
    return RunFolder.create(results, experiment.name, record)


def find_unfinished(experiment: Experiment, results: Path) -> RunFolder:
    """The newest run of exactly this configuration, to go on with.

    Raises:
        UsageError: there is none.
    """
    wanted = _what_is_asked(dump(experiment))
    same = [run for run in runs_of(results, experiment.name) if _what_is_asked(run.record["configuration"]) == wanted]
    if not same:
        raise UsageError(
            f"--resume: no run of this configuration below {results / experiment.name}/; run it without --resume"
        )
    return same[-1]


def continue_run(
    folder: RunFolder,
    experiment: Experiment,
    results: Path,
    progress: Progress = silent,
    *,
    isolate: bool = False,
) -> None:
    """Computes what is missing of a run, cell by cell; what is there with the same content stays as it is.

    Args:
        folder: of the run.
        experiment: what it runs.
        results: the results root.
        progress: listener.
        isolate: whether cells run in a child process, as they do where the experiment has a timeout, and where one of
            them has ended this process before.

    Raises:
        UsageError: something is missing, and the problem's host cannot be reached.
    """
    cells, cache, problem = begin(folder, experiment), cache_of(results), experiment.problem
    maker: AbstractContextManager[Makes] = Wary(folder, cache, progress)
    if not is_alone():
        maker = Together(folder, cache, progress)
    elif isolate or experiment.timeout is not None:
        maker = Isolated(folder, cache, progress, timeout=experiment.timeout)
    expect(progress, "cells", forecast(experiment, cache))
    failed, no_truth, no_host = False, None, None
    with without_compilation_cache(), maker as makes:
        for i, cell in enumerate(cells):
            progress("cells", i, len(cells), cell.name)
            if not i or cells[i - 1].target != cell.target:
                no_truth = _outage_of_truth(makes, cell)
            result = _complete(folder, cell, makes, no_truth or no_host)
            no_host = outage_of_host(problem) if result.is_outage else None
            failed |= result.status == "failed"
    progress("cells", len(cells), len(cells))
    folder.finish("failed cells" if failed else "complete")


def begin(folder: RunFolder, experiment: Experiment) -> list[Cell]:
    """Notes that a process is at work in a run, and gives all its cells, finished ones too.

    Raises:
        UsageError: something is missing, and the problem's host cannot be reached.
    """
    folder.write_record({**folder.record, "status": "running", "data": _data(experiment.problem)})
    cells = cells_of(experiment)
    if isinstance(experiment.problem, Hosted) and not all(finished(folder, cell) for cell in cells):
        experiment.problem.check()
    return cells


def cache_of(results: Path) -> Cache:
    """The cache that all runs below a results root share."""
    return Cache(results / ".cache")


def _what_is_asked(configuration: dict[str, Any]) -> str:
    """Of a configuration without what no result depends on."""
    return content_of({key: value for key, value in configuration.items() if key != "timeout"})


def _outage_of_truth(makes: Makes, cell: Cell) -> OutageError | None:
    """Makes the truth of a cell's target; where that is not possible now, why none of its cells can be scored."""
    try:
        makes.make_truth(cell)
    except OutageError as error:
        return OutageError(f"no truth to score against: {error}")
    return None


def outage_of_host(problem: Problem) -> OutageError | None:
    """Why no further cell need wait for a host that one has waited for in vain."""
    try:
        if isinstance(problem, Hosted):
            problem.check()
    except UsageError as error:
        return OutageError(str(error))
    return None


def _data(problem: Problem) -> dict[str, Any] | None:
    """What there is of recorded runs."""
    if not isinstance(problem, Recorded):
        return None
    y = problem.pool.y
    failed = int(np.sum(~np.all(np.isfinite(y), axis=1)))
    return {"content": problem.content, "runs": len(y), "held_out": problem.held_out_runs, "failed": failed}


def finished(folder: RunFolder, cell: Cell) -> Result | None:
    """The result of a cell that is there with the same content, and may stay."""
    found = folder.read_result(cell.name)
    is_there = found is not None and found.content == content_of(cell.description) and not found.is_outage
    return found if is_there else None


def _complete(folder: RunFolder, cell: Cell, makes: Makes, outage: OutageError | None) -> Result:
    if found := finished(folder, cell):
        return found
    if outage is None:
        return makes.make_cell(cell)
    result = without(cell, outage)
    folder.write_result(result)
    return result
