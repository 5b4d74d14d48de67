"""Tables for the terminal."""

import os
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

from sgmbench.printable import printable
from sgmbench.report.decomposition import table_of_decomposition
from sgmbench.report.format import count, seconds, several, together
from sgmbench.report.frame import framed
from sgmbench.report.pairs import table_of_pairs
from sgmbench.report.reach import place
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.worth import ENERGIES, ENERGY
from sgmbench.statistics.equivalent_runs import EquivalentRuns

SCORES = {
    "wasserstein": "W1/sd",
    "mean": "mean",
    "standard_deviation": "sd",
    "roughness": "rough",
    "faithfulness": "physics",
}
CONSTANT = "nothing varies"
WIDTH = 106
OVERLOOKED = 1e-3  # sd by which a sample may break a constraint of the problem without a word
_UNBOUNDED = Console(width=1000, height=1000, markup=False, emoji=False)


class Plain(Console):
    """Escape codes are its own alone: names and reasons may be of a record that somebody sent."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def wide_console() -> Console:
    """Standard output; where it is no terminal, wide enough for most tables."""
    console = _console()
    return console if console.is_terminal else _console(WIDTH)


def _console(width: int | None = None) -> Console:
    """Without any escape codes where NO_COLOR is set (Rich would still dim and embolden) or TERM is dumb.

    A name in brackets or between colons is a name, not Rich's markup. Rich heeds a width in a dumb terminal only beside
    a height, which nothing here depends on.
    """
    colors = None if os.environ.get("NO_COLOR") else "auto"
    return Plain(highlight=False, markup=False, emoji=False, width=width, height=width, color_system=colors)


def print_whole(console: Console, table: Table) -> None:
    """Prints a table in its full width: a line that a terminal folds can be read, a number cut short cannot."""
    needed = Measurement.get(_UNBOUNDED, _UNBOUNDED.options, table).maximum
    _console(max(console.width, needed)).print(table)


def tables(summary: Summary) -> list[Table]:
    """For each target the comparison, and for conditional ones equivalent runs at the listed conditions."""
    made = []
    for target in summary.targets:
        if target.pairs:
            made.append(table_of_pairs(summary, target))
            continue
        if target.is_nested:
            made.append(table_of_decomposition(summary, target))
            continue
        made.append(_comparison_of_methods(summary, target))
        if len(target.listed) > 1:
            made.append(_listed_conditions(target))
    return made


def notes(summary: Summary) -> list[str]:
    """What the tables do not say: why cells failed, runs that gave NaN, cells still missing."""
    said = []
    for target in summary.targets:
        for line in target.lines:
            who = f"{target.name}, {line.method} at {count(line.budget)} runs"
            if line.failed:
                of = f" in {line.failed} of {line.replicates} replicates" if line.replicates > 1 else ""
                said.append(f"failed: {who}{of}: {line.reason}")
            elif line.failed_runs:
                said.append(f"note: {who}: {line.failed_runs:,} solver runs gave NaN or infinity and were not used")
            said += [f"note: {who}: {violation}" for violation in _violations(line, target)]
        for name, condition in target.conditions.items():
            if condition["failed"]:
                failed = f"{condition['failed']:,} of {condition['size']:,} solver runs"
                said.append(f"note: {target.name}, reference at {name}: {failed} gave NaN or infinity")
    missing = len(summary.record["cells"]) - len(summary.results)
    if missing:
        status = summary.record["status"]
        said.append(f"unfinished ({status}): {missing} of {len(summary.record['cells'])} cells are missing; go on with")
        said[-1] += f" sgmbench run {summary.run}"
    return said


def _violations(line: Line, target: TargetSummary) -> list[str]:
    """Exact constraints of the problem that samples break by more than can be overlooked."""
    said = []
    for part, by in line.errors.items():
        metric, _, name = part.partition("/")
        worst = max(by, key=lambda condition: by[condition])
        if metric == "constraints" and by[worst] > OVERLOOKED:
            runs = target.conditions[worst]["floors"].get(metric, {}).get(name, 0.0)
            said.append(f"{name} is violated by {by[worst]:.2g} sd at {worst} (solver runs: {runs:.1g})")
    return said


def _comparison_of_methods(summary: Summary, target: TargetSummary) -> Table:
    over = f"medians over {len(target.conditions)} conditions" if len(target.conditions) > 1 else "one law"
    table = framed(f"{summary.record['configuration']['name']}: {target.name} ({over})", _caption(summary, target))
    metrics = _metrics(target)
    table.add_column("method", no_wrap=True)
    for name in ("runs", "N_eq", "worst", *(SCORES[m] for m in metrics), "train", "a sample"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in target.lines:
        table.add_row(*_row(line, target, metrics))
    if target.conditions:
        floors = [together(target.floor(f"{m}/{f}") for f in fields) for m, fields in metrics.items()]
        table.add_row(_floor_name(target), "", "", "", *floors, "", "", style="dim")
    return table


def _floor_name(target: TargetSummary) -> str:
    """The floor's set is as large as the reference, unless there were not so many recorded runs."""
    smaller = [c for c in target.conditions.values() if c.get("floor_size", c["size"]) < c["size"]]
    return f"floor: {count(smaller[0]['floor_size'])} runs" if smaller else "floor: as many runs"


def _metrics(target: TargetSummary) -> dict[str, list[str]]:
    """All fields, for each metric that some field was scored by: of one that was not there is a dash in its place."""
    have = {part for line in target.lines for part in line.errors}
    fields = list(next(iter(target.conditions.values()), {}).get("variances", {}))
    return {metric: fields for metric in SCORES if any(f"{metric}/{f}" in have for f in fields)}


def _row(line: Line, target: TargetSummary, metrics: dict[str, list[str]]) -> list[str]:
    if line.failed == line.replicates:
        return [line.method, count(line.budget), "failed", *([""] * (len(metrics) + 3))]
    scores = [together(line.median_error(f"{m}/{f}") for f in fields) for m, fields in metrics.items()]
    runs = line.equivalent.get(ENERGY, {})
    worst = bounded(line.worst()[1]) if len(runs) > 1 else ""
    median = _interval(line.median()) if runs else CONSTANT if f"{ENERGY}/mu" in line.errors else "-"
    train = seconds(line.seconds["train"]) if line.kind == "generator" else ""
    warm = line.seconds_a_sample if line.kind == "generator" else line.seconds["simulate"] / line.solver_runs
    each = seconds(warm) if warm > 0 else "-"  # recorded runs take no time
    mark = f" ({line.failed} of {line.replicates} failed)" if line.failed else " (invalid)" if line.invalid else ""
    return [line.method + mark, count(line.budget), median, worst, *scores, train, each]


def _interval(runs: EquivalentRuns) -> str:
    if runs.low is None or runs.high is None:
        return bounded(runs)
    return f"{bounded(runs)}\n{count(runs.low)}-{count(runs.high)}"


def bounded(runs: EquivalentRuns) -> str:
    """Equivalent runs, a lower bound as >N."""
    return f"{'>' if runs.at_least else ''}{count(runs.value)}"


def _caption(summary: Summary, target: TargetSummary) -> str:
    replicates = summary.record["configuration"]["replicates"]
    over = f"under it its 95 % t-interval over {replicates} replicates" if replicates > 1 else "one replicate"
    fields = next(iter(target.conditions.values()), {}).get("variances", {})
    if not fields:
        return ""
    return (
        f"N_eq: equivalent runs by energy distance (field L2), median condition, {over}.\n"
        f"Errors of {several(list(fields))} in standard deviations. "
        f"{summary.record['environment']['device']}, {summary.record['started'][:8]}."
    )


def _listed_conditions(target: TargetSummary) -> Table:
    table = framed("Equivalent runs at the listed conditions: by field L2 / with every coordinate standardized")
    table.add_column("method", no_wrap=True)
    table.add_column("runs", justify="right")
    for name in target.listed:
        table.add_column(place(target, name).replace(" = ", "\n"), justify="right")
    for line in target.lines:
        if metrics := [metric for metric in ENERGIES if metric in line.equivalent]:
            cells = [
                " / ".join(bounded(line.equivalent[m][name]) for m in metrics if name in line.equivalent[m]) or CONSTANT
                for name in target.listed
            ]
            table.add_row(line.method, count(line.budget), *cells)
    return table
