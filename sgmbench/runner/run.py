"""A whole run: the truth of each target, its floors, then every cell that is not there yet."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from sgmbench.cells import Cell, cells_of
from sgmbench.config.dump import dump
from sgmbench.core.experiment import Experiment
from sgmbench.core.prepare import simulation_class
from sgmbench.core.problem import Hosted, Problem, Recorded, Traceable, transport
from sgmbench.core.progress import Progress, silent
from sgmbench.core.result import Result
from sgmbench.errors import UsageError
from sgmbench.runner.artifacts import question_of
from sgmbench.runner.environment import environment
from sgmbench.runner.execute import execute
from sgmbench.runner.floors import write_floors
from sgmbench.runner.kernel import KERNEL, kernel_seconds
from sgmbench.runner.truth import Truth
from sgmbench.runner.uncached import without_compilation_cache
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder, runs_of
from sgmbench.store.samples import write_samples


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
    wanted = content_of(dump(experiment))
    same = [run for run in runs_of(results, experiment.name) if content_of(run.record["configuration"]) == wanted]
    if not same:
        raise UsageError(
            f"--resume: no run of this configuration below {results / experiment.name}/; run it without --resume"
        )
    return same[-1]


def continue_run(folder: RunFolder, experiment: Experiment, results: Path, progress: Progress = silent) -> None:
    """Computes what is missing of a run, cell by cell; what is there with the same content stays as it is.

    Raises:
        UsageError: something is missing, and the problem's host cannot be reached.
    """
    folder.write_record({**folder.record, "status": "running", "data": _data(experiment.problem)})
    cache = Cache(results / ".cache")
    truth, failed = Truth(cache, progress), False
    cells = cells_of(experiment)
    if isinstance(experiment.problem, Hosted) and not all(_finished(folder, cell) for cell in cells):
        experiment.problem.check()
    with without_compilation_cache():
        for i, cell in enumerate(cells):
            progress("cells", i, len(cells), cell.name)
            if not i or cells[i - 1].target != cell.target:
                truth.forget()
                write_floors(folder, cell, truth, cache, progress)
            failed |= _complete(folder, cell, truth, cache, progress).status == "failed"
    progress("cells", len(cells), len(cells))
    folder.finish("failed cells" if failed else "complete")


def _data(problem: Problem) -> dict[str, Any] | None:
    """What there is of recorded runs."""
    if not isinstance(problem, Recorded):
        return None
    y = problem.pool.y
    failed = int(np.sum(~np.all(np.isfinite(y), axis=1)))
    return {"content": problem.content, "runs": len(y), "held_out": problem.held_out_runs, "failed": failed}


def check_runnable(problem: Problem) -> None:
    """Says before anything is spent what is wrong with a user's problem.

    Raises:
        UsageError: it says not where its runs come from, cannot be traced, or its host cannot be reached.
    """
    try:
        simulation_class(problem)
    except TypeError as error:
        raise UsageError(str(error)) from None
    if isinstance(problem, Traceable):
        _trace(problem)
    if isinstance(problem, Hosted):
        problem.check()


def _trace(problem: Traceable) -> None:
    """Traces one run without computing it."""
    name = type(problem).__name__
    z = jax.eval_shape(lambda: transport(problem, jax.numpy.zeros(len(problem.parameters))))
    xi = jax.ShapeDtypeStruct((problem.germ_dimension,), "float64")
    try:
        fields = jax.eval_shape(problem.simulate, z, xi)
    except Exception as error:  # whatever the user's code raises
        reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        raise UsageError(f"{name}.simulate cannot be traced by JAX: {reason}") from error
    if not isinstance(fields, dict):
        raise UsageError(f"{name}.simulate must return a dictionary of fields; it returns {type(fields).__name__}")
    for field in problem.layout.fields:
        if field.name not in fields or fields[field.name].shape != field.shape:
            got = fields[field.name].shape if field.name in fields else "nothing"
            raise UsageError(f"{name}.simulate must return {field.name!r} of shape {field.shape}; it returns {got}")


def _finished(folder: RunFolder, cell: Cell) -> Result | None:
    """The result of a cell that is there with the same content."""
    found = folder.read_result(cell.name)
    return found if found is not None and found.content == content_of(cell.description) else None


def _complete(folder: RunFolder, cell: Cell, truth: Truth, cache: Cache, progress: Progress) -> Result:
    if found := _finished(folder, cell):
        return found
    result, kept = execute(cell, truth, cache, progress)
    if kept:
        layout = question_of(cell.description).answer.layout
        write_samples(folder.cell(cell.name) / "samples.nc", kept, layout)
    folder.write_result(result)
    return result
