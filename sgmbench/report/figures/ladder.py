"""The error ladder as a figure: a dot for each rung on a log axis of (D2 / mu)^1/2, equivalent runs above it.

Below the floor, shaded, errors cannot be told from none; a hollow dot on its edge is an upper bound.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sgmbench.report.figures.style import TRUTH, color, figure, legend_below, marker
from sgmbench.report.format import count
from sgmbench.report.ladder import at
from sgmbench.studies.ladder import Ladder, Rungs

SPREAD = 0.5  # of the room between two rungs, over all conditions
TINY = 1e-9  # an axis asks for zero before it knows its limits


def draw_ladder(path: Path, ladder: Ladder) -> None:
    """One panel for all conditions."""
    names = [rung.name for rung in ladder.conditions[0].rungs]
    labels = [each.condition for each in ladder.conditions]
    with figure(path, size=(7.2, 1.5 + 0.34 * len(names))) as drawing:
        panel = drawing.subplots()
        _prepare(panel, ladder, names)
        for i, each in enumerate(ladder.conditions):
            offset = SPREAD * ((i + 0.5) / len(labels) - 0.5)
            _draw_rungs(panel, each, offset, color(labels, each.condition), marker(labels, each.condition))
        if len(labels) > 1:
            legend_below(drawing, panel)


def _prepare(panel: Axes, ladder: Ladder, names: list[str]) -> None:
    """Axes, guides and the floor."""
    errors = [rung.closeness.error for each in ladder.conditions for rung in each.rungs]
    errors = [error for error in errors if error == error]
    floor = max(each.cap for each in ladder.conditions) ** -0.5
    low, high = floor / 1.8, max(errors, default=floor) * 1.5
    panel.set(xscale="log", xlim=(low, max(high, 4 * floor)), ylim=(len(names) - 0.4, -0.6))
    panel.set_yticks(range(len(names)), names)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="y", linewidth=0.5, color="#dddddd")
    panel.set_axisbelow(True)
    panel.axvspan(low, floor, color=TRUTH, alpha=0.15, linewidth=0)
    panel.set_xlabel("$(D^2 / \\mu)^{1/2}$; shaded: cannot be told from none")
    where = at(ladder.conditions[0].z) if len(ladder.conditions) == 1 else ""
    panel.set_title(f"{ladder.experiment}: {ladder.method} at {count(ladder.budget)} runs{where}", pad=10)
    runs = panel.secondary_xaxis("top", functions=(_swap, _swap_back))
    runs.set_xlabel("equivalent runs")
    for axis in (panel.xaxis, runs.xaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low or axis is panel.xaxis else (1,)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axis.set_minor_formatter(NullFormatter())
    panel.spines["left"].set_visible(False)


def _draw_rungs(panel: Axes, rungs: Rungs, offset: float, hue: str, shape: str) -> None:
    panel.plot([], [], shape, color=hue, markersize=6, label=f"{rungs.condition}{at(rungs.z)}")
    for i, rung in enumerate(rungs.rungs):
        fill = "white" if rung.closeness.equivalent.at_least else hue
        panel.plot(rung.closeness.error, i + offset, shape, color=hue, markerfacecolor=fill, markersize=6)


def _swap(error):
    """N_eq of an error."""
    return np.maximum(error, TINY) ** -2.0


def _swap_back(runs):
    """The error of N_eq."""
    return np.maximum(runs, TINY) ** -0.5
