"""Runs side by side: the equivalent runs of each method at each budget, a dot for each run with its interval, log axis.

A hollow dot is a lower bound.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sgmbench.report.figures.style import color, figure, legend_below, marker
from sgmbench.report.format import count
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.worth import ENERGY

SPREAD = 0.5  # of the room between two methods, over all runs


def draw_runs(path: Path, target: str, runs: dict[str, TargetSummary]) -> None:
    """One target of some runs by their names; nothing where none has equivalent runs."""
    rows = rows_of_runs(runs)
    if not rows:
        return
    names = list(runs)
    with figure(path, size=(7.2, 1.2 + 0.3 * len(rows))) as drawing:
        panel = drawing.subplots()
        panel.set(xscale="log", ylim=(len(rows) - 0.4, -0.6), title=target, xlabel="equivalent runs by energy distance")
        panel.set_yticks(range(len(rows)), [f"{method}, {count(budget)}" for method, budget in rows])
        panel.tick_params(axis="y", length=0)
        panel.grid(axis="y", linewidth=0.5, color="#dddddd")
        panel.set_axisbelow(True)
        for i, name in enumerate(names):
            offset = SPREAD * ((i + 0.5) / len(names) - 0.5)
            _draw_run(panel, rows, runs[name], offset, name, names)
        _label(panel)
        legend_below(drawing, panel)


def rows_of_runs(runs: dict[str, TargetSummary]) -> list[tuple[str, int]]:
    """Methods and budgets that have equivalent runs in any of them."""
    scored = [line for target in runs.values() for line in target.lines if line.equivalent.get(ENERGY)]
    return list(dict.fromkeys((line.method, line.budget) for line in scored))


def _draw_run(
    panel: Axes, rows: list[tuple[str, int]], target: TargetSummary, offset: float, name: str, names: list[str]
) -> None:
    hue, shape = color(names, name), marker(names, name)
    panel.plot([], [], shape, color=hue, markersize=6, label=name)
    for line in target.lines:
        if (line.method, line.budget) in rows and line.equivalent.get(ENERGY):
            _draw_dot(panel, line, rows.index((line.method, line.budget)) + offset, hue, shape)


def _draw_dot(panel: Axes, line: Line, y: float, hue: str, shape: str) -> None:
    runs = line.median()
    if runs.low is not None and runs.high is not None:
        panel.plot([runs.low, runs.high], [y, y], color=hue, linewidth=1)
    fill = "white" if runs.at_least else hue
    panel.plot(runs.value, y, shape, color=hue, markerfacecolor=fill, markersize=6)


def _label(panel: Axes) -> None:
    low, high = panel.get_xlim()
    panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 200 * low else (1,), numticks=12))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    panel.xaxis.set_minor_formatter(NullFormatter())
