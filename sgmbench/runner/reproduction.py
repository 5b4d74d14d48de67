"""Reproduction of one cell of a run: everything that it stands on made anew, and its scores set beside those told.

References, training runs and the fit are made in a store of their own, which is empty at the beginning and gone at the
end, from the description that run.json has. On the device and with the versions of the run every number comes back
bitwise; where these differ, or where training ends by the clock, it is said, and scores differ by what that does. The
cost is that of the cell with its reference.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sgmbench.cells import Cell, cells_of
from sgmbench.config.load import build_experiment
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import UsageError
from sgmbench.runner.agreement import Difference, differences, differences_of_counts
from sgmbench.runner.environment import environment
from sgmbench.runner.execute import execute
from sgmbench.runner.runnable import check_runnable
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder

NAMED = 6  # cells in a message


@dataclass(frozen=True)
class Reproduction:
    """A cell twice.

    Attributes:
        run: the folder.
        cell: its name.
        scores: how many there are.
        differences: numbers that are not bitwise the same, the largest difference first.
        reason: why the cell failed this time; "" where it did not.
        remarks: what is not as it was when the run was made, a sentence each.
    """

    run: str
    cell: str
    scores: int
    differences: list[Difference]
    reason: str
    remarks: list[str]

    @property
    def verdict(self) -> Literal["identical", "rounding", "different"]:
        """Whether all numbers are the same, the same up to rounding, or not."""
        if not self.differences:
            return "identical"
        return "rounding" if all(each.is_rounding for each in self.differences) else "different"


def reproduce(folder: RunFolder, name: str, *, progress: Progress = silent) -> Reproduction:
    """Computes a cell again; nothing of the run is changed.

    Args:
        folder: of the run.
        name: of the cell, or a part of it that no other cell has.
        progress: listener.

    Raises:
        UsageError: there is no such cell, more than one, or no result of it; or the problem cannot be run.
    """
    record = folder.record
    told = folder.read_result(chosen(record["cells"], name, folder))
    if told is None:
        raise UsageError(f"{name}: has no whole result in {folder.path}; go on with sgmbench run {folder.path}")
    experiment = build_experiment(record["configuration"], str(folder.path / "run.json")).experiment
    check_runnable(experiment.problem)
    cell = next(cell for cell in cells_of(experiment) if cell.name == told.name)
    with tempfile.TemporaryDirectory(prefix="sgmbench-") as store:
        cache = Cache(Path(store))
        found, _ = execute(cell, Truth(cache, progress), cache, progress)
    different = differences_of_counts(told, found) + differences(told.scores, found.scores)
    return Reproduction(
        run=str(folder.path),
        cell=told.name,
        scores=sum(len(parts) for metrics in told.scores.values() for parts in metrics.values()),
        differences=sorted(different, key=lambda each: -each.relative),
        reason=found.reason,
        remarks=_remarks(record["environment"], told.content, cell),
    )


def chosen(cells: list[str], name: str, folder: RunFolder) -> str:
    """The cell of that name, or the only one whose name has it as a part; raises UsageError."""
    found = [cell for cell in cells if cell == name] or [cell for cell in cells if name in cell]
    if len(found) == 1:
        return found[0]
    among = found or cells
    more = f" and {len(among) - NAMED} more" if len(among) > NAMED else ""
    what = f"{len(found)} cells have that in their names; write more of it" if found else "no such cell"
    raise UsageError(f"{name}: {what} (of {folder.path}: {', '.join(among[:NAMED])}{more})")


def _remarks(made: dict[str, Any], content: str, cell: Cell) -> list[str]:
    """What differs from when the run was made."""
    said = []
    if content != content_of(cell.description):
        said.append("the code of this cell, or its data, are not those of the run")
    here = environment()
    then = {"device": made.get("device"), "platform": made.get("platform"), "python": made.get("python")}
    then |= made.get("versions", {})
    now = {name: here[name] for name in ("device", "platform", "python")} | here["versions"]
    said += [f"{name}: {then[name]} then, {now[name]} now" for name in now if name in then and then[name] != now[name]]
    if (cell.description["method"].get("training") or {}).get("train_seconds") is not None:
        said.append("training ends by the clock (train_seconds), so that no two fits are the same")
    return said
