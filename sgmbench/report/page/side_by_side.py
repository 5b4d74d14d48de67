"""Runs side by side: what each answers, their methods in one table and one figure, and where their settings differ.

Nothing is tested here: whether one run is better than another `sgmbench compare` tells, cell by cell.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sgmbench.report.figures.runs import draw_runs
from sgmbench.report.format import count, seconds
from sgmbench.report.page.answer import answer_section
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.methods import method_tables
from sgmbench.report.page.page import document
from sgmbench.report.page.provenance import facts_of, facts_table
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, html_of
from sgmbench.report.page.validity import held
from sgmbench.report.summary import Line
from sgmbench.report.terminal import bounded
from sgmbench.report.worth import ENERGY

CAPTION = "Equivalent runs by energy distance, median condition; seconds of a replicate, compilation included."
SAME = "All settings are the same."
TESTED = "Differences may be chance; sgmbench compare sets two runs against each other cell by cell."


def page_of_runs(runs: dict[str, Reported], figures: Path) -> str:
    """The page of some runs by their short names; their comparison is drawn into `figures`."""
    byline = "; ".join(f"{name}: {reported.name}, {reported.run}" for name, reported in runs.items())
    sections = [
        Section("answers", "Answers", _beside(runs, lambda reported: answer_section(reported).body)),
        Section("comparison", "Equivalent runs", joined([tag("p", TESTED), *_comparisons(runs, figures)])),
        Section("methods", "Methods", _beside(runs, method_tables)),
        Section("validity", "Validity and failures", _beside(runs, held)),
        Section("settings", "Settings that differ", _differences(runs)),
        Section("provenance", "Provenance", facts_table([facts_of(each) for each in runs.values()], list(runs))),
    ]
    return document(f"{len(runs)} runs side by side", byline, sections)


def _beside(runs: dict[str, Reported], part: Callable[[Reported], Markup]) -> Markup:
    each = [tag("div", tag("h3", f"{name}: {reported.name}"), part(reported)) for name, reported in runs.items()]
    return tag("div", *each, class_="beside")


def _comparisons(runs: dict[str, Reported], figures: Path) -> Iterator[Markup]:
    """A figure and a table for each target."""
    for target in dict.fromkeys(each.name for reported in runs.values() for each in reported.summary.targets):
        having = {
            name: each for name, reported in runs.items() for each in reported.summary.targets if each.name == target
        }
        lines = {name: {(line.method, line.budget): line for line in each.lines} for name, each in having.items()}
        keys = list(dict.fromkeys(key for each in lines.values() for key in each))
        path = figures / f"{target}_runs.svg"
        draw_runs(path, target, having)
        yield drawing(path, f"{target}: equivalent runs. {'; '.join(_words(key, lines) for key in keys)}.")
        rows = [[key[0], count(key[1]), *_row(key, lines)] for key in keys]
        columns = ["method", "runs", *(f"N_eq {name}" for name in having), *(f"seconds {name}" for name in having)]
        yield html_of(Grid(target, columns, rows, caption=CAPTION))


def _row(key: tuple[str, int], lines: dict[str, dict[tuple[str, int], Line]]) -> list[str]:
    each = [of_run.get(key) for of_run in lines.values()]
    worth = [bounded(line.median()) if line and line.equivalent.get(ENERGY) else "" for line in each]
    return worth + [seconds(sum(line.seconds.values())) if line and line.seconds else "" for line in each]


def _words(key: tuple[str, int], lines: dict[str, dict[tuple[str, int], Line]]) -> str:
    worth = _row(key, lines)[: len(lines)]
    said = ", ".join(f"{name} {runs or 'none'}" for name, runs in zip(lines, worth, strict=True))
    return f"{key[0]} from {count(key[1])} runs: {said}"


def _differences(runs: dict[str, Reported]) -> Markup:
    each = [dict(settings_of(reported.summary.record["configuration"])) for reported in runs.values()]
    paths = dict.fromkeys(path for settings in each for path in settings)
    differ = [path for path in paths if len({settings.get(path) for settings in each}) > 1]
    if not differ:
        return tag("p", SAME)
    rows = [[path, *(settings.get(path, "-") for settings in each)] for path in differ]
    return html_of(Grid("Settings that differ", ["setting", *runs], rows, frozenset(range(1 + len(runs)))))


def settings_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every setting by its path; an entry of a list is named by its label, else by its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from settings_of(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for i, item in enumerate(value):
            name = item.get("label", i) if isinstance(item, dict) else i
            yield from settings_of(item, f"{path}[{name}]")
    else:
        yield path, "none" if value is None else str(value)
