"""Tables for the terminal."""

from rich.table import Table

from sgmbench.compare.compare import Comparison
from sgmbench.report.answer import runs_text
from sgmbench.report.format import count, number, seconds
from sgmbench.report.summary import ENERGIES, ENERGY, Line, Summary, TargetSummary

SCORES = {"wasserstein": "W1/sd", "mean": "mean", "standard_deviation": "sd", "roughness": "rough"}


def tables(summary: Summary) -> list[Table]:
    """For each target the comparison, and for conditional ones equivalent runs at the listed conditions."""
    made = []
    for target in summary.targets:
        made.append(_comparison_of_methods(summary, target))
        if len(target.listed) > 1:
            made.append(_listed_conditions(target))
    return made


def _comparison_of_methods(summary: Summary, target: TargetSummary) -> Table:
    over = f"medians over {len(target.conditions)} conditions" if len(target.conditions) > 1 else "one law"
    title = f"{summary.record['configuration']['name']}: {target.name} ({over})"
    table = Table(title=title, title_justify="left", caption_justify="left", caption=_caption(summary))
    parts = _parts(target)
    table.add_column("method")
    for name in ("runs", "N_eq", "worst", *(f"{SCORES[m]}\n{field}" for m, field in parts), "train", "a sample"):
        table.add_column(name, justify="right")
    for line in target.lines:
        table.add_row(*_row(line, parts))
    if target.conditions:
        floors = [number(target.floor(f"{m}/{field}")) for m, field in parts]
        table.add_row("floor: independent runs", "", "", "", *floors, "", "", style="dim")
    return table


def _parts(target: TargetSummary) -> list[tuple[str, str]]:
    """(metric, field) of the columns that any method has."""
    have = {part for line in target.lines for part in line.errors}
    fields = dict.fromkeys(part.partition("/")[2] for part in have)
    ordered = [f for f in next(iter(target.conditions.values()), {}).get("variances", {}) if f in fields]
    return [(metric, field) for metric in SCORES for field in ordered if f"{metric}/{field}" in have]


def _row(line: Line, parts: list[tuple[str, str]]) -> list[str]:
    if line.failed == line.replicates:
        return [line.method, count(line.budget), "failed", *([""] * (len(parts) + 3))]
    scores = [number(line.median_error(f"{metric}/{field}")) for metric, field in parts]
    worst = runs_text(line.worst()[1]) if len(line.equivalent[ENERGY]) > 1 else ""
    train = seconds(line.seconds["train"]) if line.kind == "generator" else ""
    a_sample = seconds(line.seconds_a_sample) if line.kind == "generator" else seconds(
        line.seconds["simulate"] / line.solver_runs
    )
    mark = f" ({line.failed} of {line.replicates} failed)" if line.failed else ""
    return [line.method + mark, count(line.budget), _interval(line), worst, *scores, train, a_sample]


def _interval(line: Line) -> str:
    runs = line.median()
    text = runs_text(runs).replace("at least ", ">")
    return text if runs.low is None else f"{text} [{count(runs.low)}, {count(runs.high)}]"


def _caption(summary: Summary) -> str:
    replicates = summary.record["configuration"]["replicates"]
    return (
        f"N_eq: equivalent runs by energy distance (field L2), {replicates} replicate{'s' * (replicates > 1)}"
        f"{', 95 % t-interval' if replicates > 1 else ', no interval'}; errors in standard deviations; "
        f"{summary.record['environment']['device']}, {summary.record['started'][:8]}"
    )


def _listed_conditions(target: TargetSummary) -> Table:
    table = Table(
        title="Equivalent runs at the listed conditions: field L2 / every coordinate standardized",
        title_justify="left",
    )
    table.add_column("method")
    table.add_column("runs", justify="right")
    for name in target.listed:
        z = ", ".join(f"{value:.3g}" for value in target.conditions[name]["z"])
        table.add_column(f"{name}\n({z})", justify="right")
    for line in target.lines:
        if line.equivalent:
            cells = [
                " / ".join(runs_text(line.equivalent[m][name]).replace("at least ", ">") for m in ENERGIES if m in line.equivalent)
                for name in target.listed
            ]
            table.add_row(line.method, count(line.budget), *cells)
    return table


def comparison_table(comparison: Comparison) -> Table:
    """Every judged error of two runs."""
    table = Table(title=f"{comparison.new}\nagainst {comparison.old}", title_justify="left")
    for name in ("target", "method", "runs", "error", "new/old", "95 % interval", "verdict"):
        table.add_column(name, justify="right" if name in ("runs", "new/old") else "left")
    for row in comparison.rows:
        interval = "-" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"
        cells = (row.target, row.method, count(row.budget), row.error, f"{row.ratio:.3f}", interval, row.verdict)
        table.add_row(*cells)
    return table
