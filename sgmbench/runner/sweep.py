"""Sweep: a run by many workers, which leaves what one alone would leave: the same folder, times excepted.

    steps of the run (`runner.steps`)  ->  workers (`runner.assignment`)  ->  crew (`runner.engines`)

The workers write into the run folder and the cache, each what it has made. This process holds the folder's lock, says
who makes what, and writes what has failed: a step whose worker has died is tried once more, by another worker where
there is one, and has failed when that one dies, too. What waits for a step that has failed has failed with it; all such
results are outages, which `--resume` tries again.
"""

import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from sgmbench.core.experiment import Experiment
from sgmbench.core.problem import Problem
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import OutageError, StoreError
from sgmbench.runner.assignment import assigned
from sgmbench.runner.engines.crew import Crew, Ended, Engine, Heard, Said
from sgmbench.runner.execute import without
from sgmbench.runner.floors import has_floors, write_outage
from sgmbench.runner.maker import Errand, GoneError
from sgmbench.runner.run import begin, cache_of, finished, outage_of_host
from sgmbench.runner.steps import Step, steps_of
from sgmbench.store.run_folder import RunFolder

TRIES = 2  # at a step, each of which has cost a worker
LOOK = 1.0  # s between two looks at which workers are there


def sweep(
    folder: RunFolder,
    experiment: Experiment,
    results: Path,
    progress: Progress = silent,
    *,
    engine: Engine,
    timed: bool = True,
) -> None:
    """Computes what is missing of a run, on the workers of an engine.

    Args:
        folder: of the run.
        experiment: what it runs.
        results: the results root.
        progress: listener, to which each worker's phases have a number behind them.
        engine: where workers come from.
        timed: whether truths and the first replicates have a machine for themselves while they are made.

    Raises:
        UsageError: something is missing, and the problem's host or the engine cannot be reached.
        StoreError: the results folder cannot be written, or not be seen by a worker.
    """
    cells = begin(folder, experiment)
    missing = [cell for cell in cells if not finished(folder, cell)]
    targets = {cell.target: cell for cell in reversed(cells)}
    steps = steps_of(missing, without_truth=[c for c in targets.values() if not has_floors(folder, c)], timed=timed)
    work, heard = _Work(folder, experiment.problem, steps), SimpleQueue()
    errand = Errand.here(folder.path, cache_of(results).root, experiment.timeout)
    if steps:
        with engine.crew(errand, heard) as crew:
            _share_out(work, crew, heard, _Numbered(progress), cells=len(cells))
    progress("cells", len(cells), len(cells))
    folder.finish("failed cells" if any(r.status == "failed" for r in folder.results()) else "complete")


def _share_out(work: "_Work", crew: Crew, heard: Heard, progress: "_Numbered", *, cells: int) -> None:
    """Until nothing is left and nobody at work."""
    while work.left or work.at_work:
        machines = crew.machines()
        for worker in set(work.at_work) - set(machines):
            work.lose(worker, GoneError(f"its worker {worker} is gone; --resume tries it again"))
        for worker, step in assigned(work.ready, work.at_work, machines, work.lost).items():
            work.at_work[worker] = work.left.pop(step.name)
            others = sum(machine == machines[worker] for machine in machines.values()) - 1
            crew.begin(worker, step, beside=0 if step.is_timed else others)
        names = sorted(step.name for step in work.at_work.values())
        progress.cells(cells - work.cells_left, cells, ", ".join(names) if machines else "no worker is there yet")
        _listen(work, heard, progress)


def _listen(work: "_Work", heard: Heard, progress: "_Numbered") -> None:
    """Until a worker has ended, or it is time to look which are there."""
    until = time.monotonic() + LOOK
    with suppress(Empty):
        while isinstance(told := heard.get(timeout=max(until - time.monotonic(), 0)), Said):
            progress.of_worker(told)
        if work.at_work.get(told.worker) is told.step:  # else the worker was given up before
            work.end(told)


class _Work:
    """What is left of a run, and who is at what.

    Attributes:
        left: steps that nobody is at, by name, in order.
        at_work: steps by worker.
        lost: the workers that have died at a step, by its name.
    """

    def __init__(self, folder: RunFolder, problem: Problem, steps: list[Step]) -> None:
        self._folder, self._problem = folder, problem
        self.left = {step.name: step for step in steps}
        self.at_work: dict[str, Step] = {}
        self.lost: dict[str, list[str]] = {}

    @property
    def ready(self) -> list[Step]:
        """Steps that wait for no other."""
        undone = {*self.left, *(step.name for step in self.at_work.values())}
        return [step for step in self.left.values() if undone.isdisjoint(step.after)]

    @property
    def cells_left(self) -> int:
        """Cells without a result."""
        return sum(step.what == "cell" for step in (*self.left.values(), *self.at_work.values()))

    def end(self, ended: Ended) -> None:
        """What becomes of a step with which a worker has ended.

        Raises:
            Exception: what no run can go on with.
        """
        if isinstance(ended.error, GoneError):
            self.lose(ended.worker, ended.error)
            return
        step = self.at_work.pop(ended.worker)
        if isinstance(ended.error, OutageError):
            self._fail(step, ended.error)
        elif ended.error is not None:
            raise ended.error
        if ended.error is not None or (step.what == "cell" and self._is_outage(step)):
            self._fail_without_host()

    def lose(self, worker: str, error: GoneError) -> None:
        """A worker has died at its step."""
        step = self.at_work.pop(worker)
        self.lost.setdefault(step.name, []).append(worker)
        if len(self.lost[step.name]) < TRIES:
            self.left[step.name] = step
        else:
            self._fail(step, OutageError(f"tried twice: {error}"))

    def _fail(self, step: Step, error: OutageError) -> None:
        """Notes why a step was not made, and fails all that waits for it."""
        if step.what == "truth":
            write_outage(self._folder, step.cell, error)
            error = OutageError(f"no truth to score against: {error}")
        elif step.what == "cell":
            self._folder.write_result(without(step.cell, error))
        for waiting in [other for other in self.left.values() if step.name in other.after]:
            if self.left.pop(waiting.name, None):
                self._fail(waiting, error)

    def _is_outage(self, step: Step) -> bool:
        """Of a cell that was made; raises StoreError where this process cannot see it."""
        made = self._folder.read_result(step.name)
        if made is None:
            raise StoreError(
                f"{self._folder.cell(step.name)}: has no whole result, and a worker has written one; workers need the "
                "file system of this process: choose another folder with --results, and go on with --resume"
            )
        return made.is_outage

    def _fail_without_host(self) -> None:
        """No further step need wait for a host that one has waited for in vain."""
        if no_host := outage_of_host(self._problem):
            while self.left:
                _, step = self.left.popitem()
                self._fail(step, no_host)


class _Numbered:
    """Progress of several workers: the phases of each have its number behind them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._numbers: dict[str, int] = {}
        self._last = (-1, "")

    def cells(self, done: int, total: int, note: str) -> None:
        """How many cells are done, and which steps are at work; nothing where it is as before."""
        if (done, note) != self._last:
            self._last = (done, note)
            self._progress("cells", done, total, note)

    def of_worker(self, said: Said) -> None:
        """What a worker says."""
        number = self._numbers.setdefault(said.worker, len(self._numbers) + 1)
        self._progress(f"{said.phase} {number}", said.done, said.total, said.note)
