"""Forecast: what each cell of a run will take, by the paces that its plan has kept, so that a run tells time left.

    seconds = those of its row in the plan (`runner.plan_seconds`), of what is not in the cache now
              + those of its target's truth, of the first cell of a target
              + those of its training runs, of the first cell that learns from them

Paces are kept in the cache beside what a run makes, by the configuration that was planned: of another one, and where no
plan was made, nothing is forecast.
"""

from collections.abc import Iterator
from dataclasses import asdict

from sgmbench.cells import Cell, all_runs_description, cells_of
from sgmbench.config.dump import dump
from sgmbench.core.experiment import Experiment
from sgmbench.errors import StoreError
from sgmbench.runner.pace import Paces
from sgmbench.runner.plan_rows import cell_seconds, runs_rows, truth_row
from sgmbench.store.cache import Cache, content_of

KIND = "pace"


def keep_paces(experiment: Experiment, paces: Paces, cache: Cache) -> None:
    """Keeps what a rehearsal told; raises StoreError where the cache cannot be written."""
    cache.put(KIND, _description(experiment), asdict(paces))


def forecast(experiment: Experiment, cache: Cache) -> list[float]:
    """Seconds of each cell of a run, in their order; empty where not all of them are known."""
    try:
        paces = Paces.of(cache.notes(KIND, _description(experiment)))
        seconds = list(_seconds(cells_of(experiment), cache, paces))
    except (StoreError, KeyError, TypeError, AttributeError, ArithmeticError):
        return []  # none was made, or by another version, or it is anybody's
    return [] if None in seconds else [each or 0.0 for each in seconds]


def _description(experiment: Experiment) -> dict[str, object]:
    """Of what was planned; the timeout changes no time that is told."""
    return {"configuration": {key: value for key, value in dump(experiment).items() if key != "timeout"}}


def _seconds(cells: list[Cell], cache: Cache, paces: Paces) -> Iterator[float | None]:
    """Of each cell with what it is the first to need; None where something of that is not known."""
    targets, learned = set(), set()
    for cell in cells:
        parts = [_own(cell, cache, paces)]
        if cell.target not in targets:
            targets.add(cell.target)
            parts.append(truth_row(cell, cache, paces.truths.get(cell.target), "").seconds)
        if (runs := _runs(cell)) not in learned:
            learned.add(runs)
            parts += [row.seconds for row in runs_rows([cell], cache, paces.runs)]
        yield None if None in parts else sum(each or 0.0 for each in parts)


def _runs(cell: Cell) -> str:
    """Which training runs it learns from; of a Sampler none, empty."""
    return content_of(all_runs_description(cell.description)) if cell.description["is_generator"] else ""


def _own(cell: Cell, cache: Cache, paces: Paces) -> float | None:
    truth, pace = paces.truths.get(cell.target), paces.methods.get(cell.target, {}).get(cell.method)
    return None if truth is None or pace is None or pace.failed else cell_seconds(cell, cache, truth, pace)
