"""A plan in the terminal: a row for each part of the run, a total, and what one may want to change.

Times are those of a rehearsal. "to" stands before the time of a training that may stop before its last step, a dash
where nothing is estimated.
"""

from collections.abc import Sequence

from rich.table import Table

from sgmbench.report.format import count, seconds
from sgmbench.report.frame import framed
from sgmbench.runner.plan import Plan, Row

UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
UNKNOWN = "-"


def plan_table(plan: Plan) -> Table:
    """What a run would make, and what each part of it takes."""
    table = framed(f"{plan.experiment}: what a run takes", _caption(plan))
    for name in ("target", "part"):
        table.add_column(name, no_wrap=True)
    for name in ("runs", "of them", "cached", "solver runs", "time", "memory", "disk"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in plan.rows:
        table.add_row(*_cells(row))
    table.add_section()
    runs, disk = f"{plan.solver_runs:,}", size(plan.disk)
    table.add_row("", "in all", "", "", "", runs, total([plan]), _optional(plan.memory), disk, style="bold")
    return table


def plan_lines(plan: Plan) -> list[str]:
    """Which code of the user's own runs, why parts are not estimated, and the warnings."""
    why = [f"imports {kind}, from {file}" for kind, file in plan.code.items()] + ([plan.note] if plan.note else [])
    why += [f"{row.target}, {row.part} at {count(row.budget)} runs: {row.note}" for row in plan.rows if row.note]
    return [*why, *(f"warning: {each}" for each in plan.warnings)]


def total(plans: Sequence[Plan]) -> str:
    """The time of all parts; "from" where some are not estimated, "to" where some may take less."""
    known = [plan.seconds for plan in plans if plan.seconds is not None]
    if not known:
        return UNKNOWN
    word = "from " if not all(plan.is_whole for plan in plans) else "to " if any(plan.is_most for plan in plans) else ""
    return word + seconds(sum(known))


def size(bytes_: int) -> str:
    """1,500,000 -> 1.5 MB."""
    return next((f"{bytes_ / scale:.3g} {unit}" for scale, unit in UNITS if bytes_ >= scale), f"{bytes_} B")


def _cells(row: Row) -> list[str]:
    time = UNKNOWN if row.seconds is None else f"{'to ' if row.is_most else ''}{seconds(row.seconds)}"
    runs = f"{row.solver_runs:,}" if row.solver_runs else ""
    cached = f"{row.cached}" if row.cached else ""
    return [
        row.target,
        row.part,
        count(row.budget),
        f"{row.cells}",
        cached,
        runs,
        time,
        _optional(row.memory),
        size(row.disk),
    ]


def _optional(bytes_: int | None) -> str:
    return "" if bytes_ is None else size(bytes_)


def _caption(plan: Plan) -> str:
    said = "of them: conditions of a truth, replicates of the others. cached: artifacts that need not be made again."
    if plan.seconds is None:
        return said
    stops = ' "to": a training may stop early.' if plan.is_most else ""
    return f"{said}\ntime: from a rehearsal in miniature; start, tables and figures are not counted.{stops}"
