"""The figures of a target's asks: cost-accuracy frontiers and decision maps."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from sgmbench.report.answer import wanted_words
from sgmbench.report.asking import Question, question
from sgmbench.report.figures.decision_map import MapPanel, draw_decision_map
from sgmbench.report.figures.frontier import FrontierPanel, draw_frontier
from sgmbench.report.format import count, percent
from sgmbench.report.frontier import frontier, map_of_conditions, map_of_tolerances
from sgmbench.report.overtaking import cost_words
from sgmbench.report.summary import Summary, TargetSummary
from sgmbench.report.wanted import Ask, refusal

COLUMNS, ROWS, POINTS = 240, 150, 121
AROUND = 10  # how far a figure goes beyond what is asked, as a factor
COSTS = (1e-3, 3600.0)  # s, of a run: a decision map covers these at least
DEMAND = 1000.0  # conditions, likewise


def draw_ask_figures(folder: Path, summary: Summary, target: TargetSummary) -> None:
    """Writes `<target>_decision_map.svg` and `<target>_frontier.svg`; nothing where no ask has an answer."""
    draw_map_of(folder / f"{target.name}_decision_map.svg", summary, target)
    draw_frontier_of(folder / f"{target.name}_frontier.svg", summary, target)


def draw_map_of(path: Path, summary: Summary, target: TargetSummary) -> bool:
    """Who is cheapest; says whether there was anything to draw."""
    asks = _answered(summary, target)
    if asks:
        title = f"{summary.record['configuration']['name']}, {target.name}: the cheapest method"
        draw_decision_map(path, map_panels(target, asks), title=title, methods=summary.methods)
    return bool(asks)


def draw_frontier_of(path: Path, summary: Summary, target: TargetSummary) -> bool:
    """What an answer costs against its tolerance; says whether there was anything to draw."""
    asks = _answered(summary, target)
    panels = _frontier_panels(target, asks) if asks else []
    if panels:
        at = f" at {count(max(asks[0]['conditions']))} conditions" if target.name != "marginal" else ""
        title = f"{summary.record['configuration']['name']}, {target.name}: the cost of an answer{at}"
        draw_frontier(path, panels, title=title, methods=summary.methods)
    return bool(panels)


def _answered(summary: Summary, target: TargetSummary) -> list[Ask]:
    """The asks of a run that have an answer."""
    return [ask for ask in summary.record["configuration"]["ask"] if not refusal(target, ask)]


def map_panels(target: TargetSummary, asks: list[Ask]) -> list[MapPanel]:
    """One for each ask; of one law one for all tolerances of the same quantities."""
    panels = []
    for alike in _alike(asks) if target.name == "marginal" else [[ask] for ask in asks]:
        asked = [question(target, ask, cost) for ask in alike for cost in ask["cost_per_run"]]
        panels.append(_map_panel(asked))
    return panels


def _alike(asks: list[Ask]) -> list[list[Ask]]:
    """Asks that differ in nothing but the tolerance and the costs."""
    groups: dict[tuple[Any, ...], list[Ask]] = {}
    for ask in asks:
        groups.setdefault((*ask["quantities"], ask.get("workers", 1)), []).append(ask)
    return list(groups.values())


def _map_panel(asked: list[Question]) -> MapPanel:
    """The star is at the first cost that is known, and at the most conditions."""
    first = asked[0]
    known = [each for each in asked if not math.isnan(each.cost_per_run)]
    costs = [each.cost_per_run for each in known]
    columns = np.geomspace(min([*costs, COSTS[0]]) / AROUND, max([*costs, COSTS[1]]) * AROUND, COLUMNS)
    words = [wanted_words(first.target, first.ask)]
    if first.is_one_law:
        rows = tolerances_around([each.tolerance for each in asked], ROWS)
        found = map_of_tolerances(first.offers, columns / first.workers, rows)
        marks = [(each.cost_per_run, each.tolerance) for each in known]
    else:
        rows = np.unique(np.round(np.geomspace(1, max(DEMAND, AROUND * max(first.queries)), ROWS)))
        found = map_of_conditions(first.offers, columns / first.workers, rows, tolerance=first.tolerance)
        marks = [(c, float(Q)) for c in costs for Q in sorted(first.queries, reverse=True)]
        words.append(f"to {percent(first.tolerance)}")
    if first.workers > 1:
        words.append(f"on {first.workers:,} workers")
    label = "tolerance" if first.is_one_law else "conditions"
    return MapPanel(found, columns, _title(" ".join(words)), label, marks)


def _title(words: str) -> str:
    """Where it is broken into lines, a number stays with its unit."""
    return re.sub(r"(?<=\d) (?=\S)", "\N{NO-BREAK SPACE}", words)


def _frontier_panels(target: TargetSummary, asks: list[Ask]) -> list[FrontierPanel]:
    """One for each cost of the first ask, with the tolerances of all asks of the same quantities."""
    first = asks[0]
    alike = [ask["tolerance"] for ask in _alike(asks)[0]]
    panels = []
    for cost in first["cost_per_run"]:
        asked = question(target, first, cost)
        if math.isnan(asked.c):
            continue
        eps = tolerances_around(alike, POINTS)
        found = frontier(asked.offers, eps, conditions=max(asked.queries), cost_per_run=asked.c)
        words = f"{_title(wanted_words(target, first))}\n{_title(f'at {cost_words(asked)}')}"
        panels.append(FrontierPanel(found, words, alike))
    return panels


def tolerances_around(asked: list[float], points: int) -> np.ndarray:
    """From a tenth of the finest to ten times the coarsest, at most 1."""
    return np.geomspace(min(asked) / AROUND, min(max(asked) * AROUND, 1.0), points)
