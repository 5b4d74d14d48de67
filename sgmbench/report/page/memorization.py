"""Memorization: do samples lie nearer to the training runs than held-out runs do?"""

from typing import Any

from sgmbench.core.result import Result
from sgmbench.report.format import count, short
from sgmbench.report.page.markup import tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, folded

COLUMNS = ("method", "target", "runs", "replicate", "copies", "held-out runs", "distance ratio", "p", "verdict")
NONE = "No method of this run was searched for training runs among its samples."
CAPTION = (
    "Copies: samples much nearer to one training run than to all others, beside the share of held-out runs that are. "
    "Distance ratio: to the nearest training run, over that of held-out runs. p: that training and held-out runs lie "
    "equally near to the samples."
)


def memorization_section(reported: Reported) -> Section:
    """A row for each cell that was searched."""
    rows = [_row(result, found) for result in reported.summary.results if (found := _found(result))]
    grid = Grid("Samples against training runs", COLUMNS, rows, frozenset({0, 1, 8}), caption=CAPTION)
    return Section("memorization", "Memorization", folded(grid) if rows else tag("p", NONE))


def _found(result: Result) -> dict[str, Any] | None:
    return result.diagnostics.get("memorization")


def _row(result: Result, found: dict[str, Any]) -> list[str]:
    return [
        result.method,
        result.target,
        count(result.budget),
        str(result.replicate),
        _percent(found.get("copies")),
        _percent(found.get("copies_held_out")),
        _short(found.get("nearest_ratio")),
        _short(found.get("membership")),
        str(found.get("verdict", "")),
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _short(value: float | None) -> str:
    return "-" if value is None else short(value)
