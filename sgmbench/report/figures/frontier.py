"""Cost-accuracy frontier, log-log: the seconds of an answer against its tolerance, a line for each method.

A Sampler's line falls as eps^-2. A Generator's is level, since its training does not depend on the tolerance, and ends
where its bias begins. Names stand where lines end. How far from the left a method cannot answer, whatever the number of
samples, is a bar below, in a lane of its own beside its name; pale is how far reference and replicates cannot tell.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from sgmbench.report.figures.durations import label_durations
from sgmbench.report.figures.line_ends import LineEnd, name_beside, name_ends
from sgmbench.report.figures.style import HEAD, TRUTH, color, dash, figure, head, marker, wrapped
from sgmbench.report.format import percent
from sgmbench.report.frontier import Frontier

SHADE, PALE = 0.6, 0.2  # opacities
WIDTH, HEIGHT, LANE = 5.4, 3.0, 0.15  # inches of a panel with its names, of its lines, of a lane
AROUND = 1.3  # inches for titles and labels
NOWHERE = (1.0, 10.0)  # seconds, where no method reaches any tolerance and no line tells a scale
EVERY = 20  # points from marker to marker: lines that lie on each other are told apart by them
BELOW = "tolerance (dashed: asked)"
LANES = "\nbars: out of reach; pale: not told"


@dataclass(frozen=True)
class FrontierPanel:
    """One ask at one cost a run.

    Attributes:
        frontier: the costs.
        title: at which cost a run.
        asked: the tolerances asked.
    """

    frontier: Frontier
    title: str
    asked: list[float]


def draw_frontier(path: Path, panels: list[FrontierPanel], *, title: str, methods: list[str]) -> None:
    """Panels beside each other, each above the lanes of the methods that do not reach every tolerance in any."""
    short = [label for label in methods if any(_falls_short(panel.frontier, label) for panel in panels)]
    with figure(path, size=(WIDTH * len(panels), HEIGHT + LANE * len(short) + AROUND)) as drawing:
        paint_frontiers(drawing, panels, short, title=title, methods=methods)


def paint_frontiers(
    drawing: Figure, panels: list[FrontierPanel], short: list[str], *, title: str, methods: list[str]
) -> None:
    """All panels; the methods that fall `short` have lanes."""
    heights = [HEIGHT, LANE * len(short)] if short else [HEIGHT]
    axes = drawing.subplots(len(heights), len(panels), squeeze=False, sharex="col", height_ratios=heights)
    for column, panel in zip(axes.T, panels, strict=True):
        draw_lines(column[0], panel, methods)
        if short:
            draw_lanes(column[1], panel.frontier, short, methods)
        _label(column[0], column[-1], panel, BELOW + (LANES if short else ""))
    axes[0][0].set_ylabel("cost of the answer")
    head(drawing, title)


def draw_lines(axis: Axes, panel: FrontierPanel, methods: list[str]) -> None:
    """The costs, and names at their right ends."""
    eps = panel.frontier.tolerances
    found = {label: panel.frontier.costs[label] for label in methods if label in panel.frontier.costs}
    for i, (label, cost) in enumerate(found.items()):
        points = {"markersize": 5, "markevery": (3 * i % EVERY, EVERY)}
        axis.plot(eps, np.where(np.isfinite(cost), cost, np.nan), label=label, **points, **_look(methods, label))
    for asked in panel.asked:
        axis.axvline(asked, color=TRUTH, linestyle="--", linewidth=0.8, zorder=0)
    axis.set(xscale="log", yscale="log", xlim=(eps[0], eps[-1]))
    if not any(np.isfinite(cost).any() for cost in found.values()):
        axis.set_ylim(*NOWHERE)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high)
    reached = {label: float(cost[-1]) for label, cost in found.items() if np.isfinite(cost[-1])}
    name_ends(
        axis,
        [LineEnd(label, place_of(cost, low, high), _look(methods, label)) for label, cost in reached.items()],
        inches=HEIGHT,
    )


def draw_lanes(axis: Axes, frontier: Frontier, short: list[str], methods: list[str]) -> None:
    """Of each method a bar from the left end to where it surely reaches, and its name."""
    first, last = frontier.tolerances[[0, -1]]
    axis.set(xscale="log", xlim=(first, last), ylim=(len(short) - 0.5, -0.5))
    for i, label in enumerate(short):
        ends = (first, *(min(max(by.get(label, 0.0), first), last) for by in (frontier.never, frontier.reach)))
        for start, end, opacity in zip(ends[:-1], ends[1:], (SHADE, PALE), strict=True):
            axis.barh(i, end - start, 0.75, start, color=color(methods, label), alpha=opacity, linewidth=0)
        name_beside(axis, label, 1 - (i + 0.5) / len(short))
    axis.yaxis.set_major_locator(NullLocator())


def _label(lines: Axes, lowest: Axes, panel: FrontierPanel, below: str) -> None:
    lines.set_title(wrapped(panel.title, inches=0.8 * WIDTH, size=HEAD), fontsize=HEAD, parse_math=False)
    label_durations(lines.yaxis, *lines.get_ylim())
    lowest.set_xlabel(below)
    lowest.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    lowest.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    lowest.xaxis.set_minor_formatter(NullFormatter())


def _look(methods: list[str], label: str) -> dict[str, Any]:
    return {"color": color(methods, label), "linestyle": dash(methods, label), "marker": marker(methods, label)}


def _falls_short(frontier: Frontier, label: str) -> bool:
    return frontier.reach.get(label, 0.0) > frontier.tolerances[0]


def place_of(value: float, low: float, high: float) -> float:
    """Where a value is on a logarithmic axis, from 0 to 1."""
    return math.log(value / low) / math.log(high / low)
