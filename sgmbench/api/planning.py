"""Before a run: is a configuration valid, what would it take, and how does one begin."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sgmbench.api.plain import as_plain
from sgmbench.api.printing import print_lines
from sgmbench.api.running import RESULTS
from sgmbench.cells import Cell, cells_of
from sgmbench.config.load import load
from sgmbench.config.series import is_series, load_series
from sgmbench.config.template import template
from sgmbench.core.experiment import Experiment
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import UsageError
from sgmbench.report.plan import plan_lines, plan_table, total
from sgmbench.report.terminal import print_whole, wide_console
from sgmbench.runner.plan import Plan, plan_of
from sgmbench.runner.runnable import check_runnable
from sgmbench.store.atomic import write_bytes


@dataclass(frozen=True)
class Checked:
    """A valid experiment, or one of a series.

    Attributes:
        experiment: its name.
        cells: names of all cells.
        parts: by target, "method at budgets" of each.
        replicates: of each.
        left_out: why methods were left out, by label.
        warnings: of what is allowed and odd.
    """

    experiment: str
    cells: list[str]
    parts: dict[str, list[str]]
    replicates: int
    left_out: dict[str, str]
    warnings: tuple[str, ...]


def validate(config: Path, *, overrides: Sequence[str] = ()) -> list[Checked]:
    """Loads a configuration, traces its problem and makes its cells; of a series one entry for each problem.

    Args:
        config: a YAML file.
        overrides: `a.b=value` strings.

    Raises:
        UsageError: everything that is wrong, a line each; else that a problem cannot be run.
    """
    if is_series(config):
        return [_checked(each.experiment, each.left_out, each.warnings) for each in load_series(config, overrides)]
    loaded = load(config, overrides)
    return [_checked(loaded.experiment, {}, loaded.warnings)]


def plan(
    config: Path, *, overrides: Sequence[str] = (), results: Path = RESULTS, progress: Progress = silent
) -> list[Plan]:
    """What a run would take, by a rehearsal; of a series one plan for each problem.

    Args:
        config: a YAML file.
        overrides: `a.b=value` strings.
        results: root of the results folders, in whose cache what is made already is looked for.
        progress: listener.

    Raises:
        UsageError: everything that is wrong with the configuration; a problem that cannot be run.
    """
    if is_series(config):
        experiments = [entry.experiment for entry in load_series(config, overrides)]
    else:
        experiments = [load(config, overrides).experiment]
    plans = []
    for experiment in experiments:
        with tempfile.TemporaryDirectory(prefix="sgmbench-plan-") as scratch:
            plans.append(plan_of(experiment, results, Path(scratch), progress))
    return plans


def init(kind: str, output: Path | None = None) -> Path:
    """Writes a first configuration for a problem.

    Args:
        kind: a registered name, or `my_module:MyProblem`.
        output: the file, by default the problem's name with `.yaml`.

    Raises:
        UsageError: there is no such problem, or there is such a file already.
        StoreError: the file cannot be written.
    """
    text = template(kind)
    path = output or Path(f"{kind.rpartition(':')[2].lower()}.yaml")
    if path.exists():
        raise UsageError(f"{path}: is there already, and is not overwritten; write another name with -o")
    write_bytes(path, text.encode())
    return path


def _checked(experiment: Experiment, left_out: dict[str, str], warnings: tuple[str, ...]) -> Checked:
    check_runnable(experiment.problem, asks_host=False)
    cells, replicates = cells_of(experiment), experiment.replicates
    parts = {target: _parts(cells, target) for target in dict.fromkeys(cell.target for cell in cells)}
    return Checked(experiment.name, [cell.name for cell in cells], parts, replicates, left_out, warnings)


def _parts(cells: list[Cell], target: str) -> list[str]:
    """Each method of a target with its budgets."""
    budgets: dict[str, dict[int, Any]] = {}
    for cell in cells:
        if cell.target == target:
            budgets.setdefault(cell.method, {})[cell.budget] = None
    return [f"{method} at {', '.join(f'{each:,}' for each in listed)} runs" for method, listed in budgets.items()]


def plans_as_json(plans: list[Plan]) -> str:
    """The payload of `plan --json`: an array, of a single experiment of one."""
    totals = ("seconds", "memory", "disk", "solver_runs", "is_whole", "is_most")
    plain = [as_plain(each) | {name: getattr(each, name) for name in totals} for each in plans]
    return json.dumps(plain, indent=2, sort_keys=True)


def print_plans(plans: list[Plan]) -> None:
    """A table of each, its warnings, and of several the time of all."""
    console = wide_console()
    for each in plans:
        print_whole(console, plan_table(each))
        print_lines(plan_lines(each))
    if len(plans) > 1:
        print_lines([f"{len(plans)} problems, in all {total(plans)}"])


def checked_as_json(checked: list[Checked]) -> str:
    """The payload of `validate --json`: an array, of a single experiment of one."""
    return json.dumps(as_plain(checked), indent=2, sort_keys=True)


def print_checked(config: Path, checked: list[Checked]) -> None:
    """That it is valid, the cells of each experiment, and what is odd."""
    print_lines([f"{config}: valid"])
    for each in checked:
        times = f" in {each.replicates} replicates" if each.replicates > 1 else ""
        lines = [f"{each.experiment}: {len(each.cells)} cells{times}"]
        lines += [f"  {target}: {'; '.join(parts)}" for target, parts in each.parts.items()]
        lines += [f"  left out: {method}: {why}" for method, why in each.left_out.items()]
        print_lines([*lines, *(f"warning: {warning}" for warning in each.warnings)])
