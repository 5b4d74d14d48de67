"""Every score of every method at its largest budget, beside the floor of an independent Monte Carlo pair."""

from sgmbench.report.format import count
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.reported import Reported, largest
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, html_of
from sgmbench.report.summary import TargetSummary

NONE = "No cell was scored."
CAPTION = (
    "Medians over conditions of means over replicates; summary.csv has each condition and interval. A floor is what "
    "as many independent runs as the reference has score."
)


def scores_section(reported: Reported) -> Section:
    """A table for each target, folded."""
    tables = [_of_target(target) for target in reported.summary.targets]
    return Section("scores", "All scores", joined(tables) or tag("p", NONE))


def _of_target(target: TargetSummary) -> Markup:
    lines = largest(line for line in target.lines if line.errors)
    parts = list(dict.fromkeys(part for line in lines for part in line.errors))
    if not parts:
        return Markup()
    columns = ["score", "floor", *(f"{line.method}\n{count(line.budget)}" for line in lines)]
    rows = [
        [part, _digits(target.floor(part)), *(_digits(line.median_error(part)) for line in lines)] for part in parts
    ]
    table = html_of(Grid(f"{target.name}: scores", columns, rows, caption=CAPTION))
    return tag("details", tag("summary", f"{target.name}: {len(parts)} scores of {len(lines)} methods"), table)


def _digits(value: float) -> str:
    return "" if value != value else f"{value:.3g}"
