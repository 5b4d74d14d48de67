"""Plan: what a run would make, what of it is cached, and what the rest takes.

Each part is a row (`runner.plan_rows`), whose time follows from a rehearsal in miniature (`runner.rehearsal`). What is
in the cache takes no time. Figures and tables at the end, and the start of the program, are not counted. What the
rehearsal told is kept in the cache, so that the run tells what time is left from it (`runner.forecast`).
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sgmbench import registry
from sgmbench.cells import cells_of
from sgmbench.config.dump import dump
from sgmbench.core.experiment import Experiment
from sgmbench.core.problem import Hosted
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import StoreError
from sgmbench.runner.forecast import keep_paces
from sgmbench.runner.pace import Paces
from sgmbench.runner.plan_rows import Row, method_rows, runs_rows, truth_row
from sgmbench.runner.plan_warnings import beyond_memory, warnings_of, weak_rivals
from sgmbench.runner.rehearsal import rehearse
from sgmbench.runner.runnable import check_runnable
from sgmbench.store.cache import Cache


@dataclass(frozen=True)
class Plan:
    """What a run would be.

    Attributes:
        experiment: its name.
        rows: its parts, in their order.
        warnings: what one may want to change before anything is spent.
        note: why no time is estimated, else empty.
        code: unpackaged code that the run imports, as `my_module:MyClass`, each with its file.
    """

    experiment: str
    rows: list[Row]
    warnings: list[str]
    note: str = ""
    code: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """Of all that is estimated; None where nothing is."""
        known = [row.seconds for row in self.rows if row.seconds is not None]
        return sum(known) if known else None

    @property
    def memory(self) -> int | None:
        """Bytes of the largest part."""
        return max((row.memory for row in self.rows if row.memory is not None), default=None)

    @property
    def disk(self) -> int:
        """Bytes written."""
        return sum(row.disk for row in self.rows)

    @property
    def solver_runs(self) -> int:
        """To be made."""
        return sum(row.solver_runs for row in self.rows)

    @property
    def is_whole(self) -> bool:
        """Whether every part is estimated."""
        return all(row.seconds is not None for row in self.rows)

    @property
    def is_most(self) -> bool:
        """Whether some training may stop before."""
        return any(row.is_most for row in self.rows)


def plan_of(experiment: Experiment, results: Path, scratch: Path, progress: Progress = silent) -> Plan:
    """The plan of a run into `results`; `scratch` is an empty folder to rehearse in.

    Raises:
        UsageError: the problem cannot be run. Another program is not asked whether it is there.
    """
    check_runnable(experiment.problem, asks_host=False)
    cells, cache, note = cells_of(experiment), Cache(results / ".cache"), why_unknown(experiment)
    paces = Paces() if note else rehearse(cells, scratch, progress)
    if not note:
        with suppress(StoreError):  # where nothing can be written a run tells time left by its own pace alone
            keep_paces(experiment, paces, cache)
    rows = list(runs_rows(cells, cache, paces.runs))
    for target in dict.fromkeys(cell.target for cell in cells):
        of_target = [cell for cell in cells if cell.target == target]
        truth, methods = paces.truths.get(target), paces.methods.get(target, {})
        rows += [truth_row(of_target[0], cache, truth, paces.unknown.get(target, ""))]
        rows += method_rows(of_target, cache, truth, methods)
    warnings = [*warnings_of(experiment, cells), *weak_rivals(experiment), *_beyond_memory(rows)]
    return Plan(experiment.name, rows, warnings, note, registry.unpackaged(dump(experiment)))


def why_unknown(experiment: Experiment) -> str:
    """Why nothing can be rehearsed; empty where it can."""
    if isinstance(experiment.problem, Hosted):
        return "not estimated: the runs are another program's, which is not asked for any before the run begins"
    return ""


def _beyond_memory(rows: list[Row]) -> Iterator[str]:
    known = [(row.memory, f"{row.part} from {row.budget:,} runs") for row in rows if row.memory is not None]
    yield from beyond_memory(*max(known)) if known else ()
