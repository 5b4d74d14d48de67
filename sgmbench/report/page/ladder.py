"""The error ladder, where `sgmbench ladder` made one of this experiment beside its runs."""

from pathlib import Path
from typing import Any

from sgmbench.errors import StoreError
from sgmbench.report.format import count, short, together
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, html_of
from sgmbench.store.atomic import read_json

NONE = (
    "There is none of this experiment; sgmbench ladder on its configuration takes the error of a diffusion model apart."
)
MALFORMED = "The ladder.json beside this run is not what sgmbench ladder writes, and is left out; make it anew."
COLUMNS = ("rung", "evaluations", "(D2/mu)^1/2", "N_eq", "W1/sd", "sd")


def ladder_section(reported: Reported) -> Section:
    """The verdict, the figure and a table for each condition."""
    folder = reported.folder.path.resolve().parent / "ladder"
    found = _read(folder / "ladder.json", reported.name)
    if found is None:
        return Section("ladder", "Error ladder", tag("p", NONE))
    try:
        body = _body(found, folder)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # it has not the parts of a ladder
        body = tag("p", MALFORMED)
    return Section("ladder", "Error ladder", body)


def _body(found: dict[str, Any], folder: Path) -> Markup:
    verdict = f"{found['method']} at {count(found['budget'])} runs, {found['target']}: {found['verdict']}"
    tables = [html_of(_grid(found, each)) for each in found["conditions"]]
    figure = drawing(folder / "ladder.svg", f"Error ladder. {verdict}. {_errors(found)}")
    return joined([tag("p", verdict, class_="answer"), figure, *tables])


def _read(path: Path, experiment: str) -> dict[str, Any] | None:
    """The ladder of this experiment; None where there is none that can be read."""
    try:
        found = read_json(path)
    except StoreError:
        return None
    return found if isinstance(found, dict) and found.get("experiment") == experiment else None


def _errors(found: dict[str, Any]) -> str:
    first = found["conditions"][0]
    each = [f"{rung['name']} {_bounded(rung)}" for rung in first["rungs"]]
    return f"Energy errors at {first['condition']}: {'; '.join(each)}."


def _grid(found: dict[str, Any], rungs: dict[str, Any]) -> Grid:
    rows = [
        [
            rung["name"],
            f"{rung['evaluations']:,}" if rung["evaluations"] else "",
            _bounded(rung),
            _worth(rung["closeness"]["equivalent"]),
            _fields(rung["wasserstein"]),
            _fields(rung["standard_deviation"]),
        ]
        for rung in rungs["rungs"]
    ]
    caption = f"{rungs['samples']:,} samples a rung; no more than {_count(rungs['cap'])} equivalent runs can be told."
    return Grid(f"{found['target']}, {rungs['condition']}", COLUMNS, rows, caption=caption)


def _bounded(rung: dict[str, Any]) -> str:
    error = rung["closeness"]["error"]
    return "-" if error is None else f"{'<' if rung['closeness']['equivalent']['at_least'] else ''}{short(error)}"


def _worth(runs: dict[str, Any]) -> str:
    return f"{'>' if runs['at_least'] else ''}{_count(runs['value'])}"


def _count(value: float | None) -> str:
    return "-" if value is None else count(value)


def _fields(scores: dict[str, float | None]) -> str:
    return together(float("nan") if value is None else value for value in scores.values())
