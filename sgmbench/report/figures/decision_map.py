"""Decision map, log-log: the cheapest method over the seconds of a solver run and the number of conditions.

One panel an ask; of one law, over the seconds of a run and the tolerance. A star marks the problem at hand, at the most
that is asked of it; circles mark what else is asked. Where no method reaches the tolerance it is hatched. Of methods
that share a color the later is dotted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sgmbench.report.figures.durations import label_durations
from sgmbench.report.figures.style import HEAD, color, figure, hatch, head, legend_below, wrapped
from sgmbench.report.format import percent
from sgmbench.report.frontier import NOBODY, DecisionMap

NOBODY_FACE, NOBODY_HATCH = "#eeeeee", "#b0b0b0"
FADE = 0.75
WIDTH = 4.4  # inches of a panel


@dataclass(frozen=True)
class MapPanel:
    """One ask.

    Attributes:
        map: who is cheapest.
        costs_per_run: core-seconds of a run in the columns, whatever the number of workers.
        title: what is asked.
        row_label: what the rows are.
        marks: (core-seconds of a run, row) of what is asked, that of the problem at hand first.
    """

    map: DecisionMap
    costs_per_run: Float[np.ndarray, " columns"]
    title: str
    row_label: str
    marks: list[tuple[float, float]]


def draw_decision_map(path: Path, panels: list[MapPanel], *, title: str, methods: list[str]) -> None:
    """Panels beside each other, below them a legend of the methods that win anywhere."""
    with figure(path, size=(max(WIDTH * len(panels), 5), 4.2)) as drawing:
        paint_maps(drawing, panels, title=title, methods=methods)


def paint_maps(drawing: Figure, panels: list[MapPanel], *, title: str, methods: list[str]) -> None:
    """All panels and the legend."""
    axes = np.atleast_1d(drawing.subplots(1, len(panels)))
    for axis, panel in zip(axes, panels, strict=True):
        _draw_regions(axis, panel, methods)
        _mark(axis, panel)
        _label(axis, panel)
    _draw_legend(axes[0], panels, methods)
    legend_below(drawing, axes[0])
    head(drawing, title)


def _draw_regions(axis: Axes, panel: MapPanel, methods: list[str]) -> None:
    """A rectangle for each stretch of a row that one method wins: few shapes, whatever the grid.

    Each reaches up to the top, where the rows above are painted over it, so that no seam is seen between rows.
    """
    found, x, y = panel.map, edges(panel.costs_per_run), edges(panel.map.rows)
    painted: list[tuple[_Rectangle, tuple[float, float, float] | str]] = []
    marked: dict[str | None, list[_Rectangle]] = {}
    for row, low, high in zip(found.winners, y[:-1], y[1:], strict=True):
        for label, start, end in _stretches(found, row):
            painted.append((_rectangle(x[start], x[end], low, y[-1]), _look(label, methods)["facecolor"]))
            if label is None or hatch(methods, label):
                marked.setdefault(label, []).append(_rectangle(x[start], x[end], low, high))
    rectangles, hues = zip(*painted, strict=True)
    axis.add_collection(PolyCollection(list(rectangles), facecolors=list(hues), linewidth=0), autolim=False)
    for label, areas in marked.items():
        hue, pattern = (NOBODY_HATCH, "////") if label is None else (color(methods, label), hatch(methods, label))
        axis.add_collection(PolyCollection(areas, **_hatched(hue, pattern)), autolim=False)
    axis.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))


_Rectangle = list[tuple[float, float]]


def _rectangle(left: float, right: float, low: float, high: float) -> _Rectangle:
    return [(left, low), (right, low), (right, high), (left, high)]


def _look(label: str | None, methods: list[str]) -> dict[str, Any]:
    """Of a region."""
    if label is None:
        return {"facecolor": NOBODY_FACE, "edgecolor": NOBODY_HATCH, "hatch": "////", "linewidth": 0}
    return {"facecolor": _faded(color(methods, label)), "linewidth": 0}


def _hatched(hue: str, pattern: str) -> dict[str, Any]:
    """Marks over an area, where another method has its color too or none reaches."""
    return {"facecolor": "none", "edgecolor": hue, "hatch": pattern, "linewidth": 0}


def _stretches(found: DecisionMap, row: Int[np.ndarray, " columns"]) -> Iterator[tuple[str | None, int, int]]:
    """(label, first column, column after the last) of each stretch."""
    labels = [None if winner == NOBODY else found.offers[winner].label for winner in row]
    start = 0
    for label, group in groupby(labels):
        end = start + len(list(group))
        yield label, start, end
        start = end


def _faded(hue: str) -> tuple[float, float, float]:
    """Opaque, so that nothing below shines through, and light, so that marks can be seen on it."""
    r, g, b = (FADE * int(hue[i : i + 2], 16) / 255 + 1 - FADE for i in (1, 3, 5))
    return r, g, b


def _mark(axis: Axes, panel: MapPanel) -> None:
    style: dict[str, Any] = {
        "linestyle": "",
        "color": "white",
        "markeredgecolor": "black",
        "zorder": 5,
        "clip_on": False,
    }
    for mark in panel.marks[1:]:
        axis.plot(*mark, marker="o", markersize=5, **style)
    for mark in panel.marks[:1]:
        axis.plot(*mark, marker="*", markersize=15, **style)


def _label(axis: Axes, panel: MapPanel) -> None:
    axis.set_title(wrapped(panel.title, inches=0.8 * WIDTH, size=HEAD), fontsize=HEAD, parse_math=False)
    axis.set(xlabel="a solver run", ylabel=panel.row_label)
    label_durations(axis.xaxis, *axis.get_xlim())
    is_share = panel.map.rows.max() <= 1
    if is_share:
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v) if is_share else f"{v:,.10g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _draw_legend(axis: Axes, panels: list[MapPanel], methods: list[str]) -> None:
    """Entries in the order of the configuration; nothing is drawn for them."""
    winners = {label for panel in panels for row in panel.map.winners for label, _, _ in _stretches(panel.map, row)}
    for label in methods:
        if label in winners:
            hue, pattern = color(methods, label), hatch(methods, label)
            axis.bar([1], [0], label=label, facecolor=_faded(hue), edgecolor=hue, hatch=pattern, linewidth=0)
    if None in winners:
        axis.bar([1], [0], label="no method reaches it", **_look(None, methods))
    marks = max(len(panel.marks) for panel in panels)
    style: dict[str, Any] = {"linestyle": "", "color": "white", "markeredgecolor": "black"}
    for name, shape, size in [("this problem", "*", 11), ("also asked", "o", 5)][:marks]:
        axis.plot([], [], marker=shape, markersize=size, label=name, **style)


def edges(centers: Float[np.ndarray, " n"]) -> Float[np.ndarray, " m"]:
    """Ends of cells around at least two centers, halfway between them on a logarithmic axis."""
    log = np.log(centers)
    middle = (log[1:] + log[:-1]) / 2
    return np.exp(np.concatenate([[log[0] - (log[1] - log[0]) / 2], middle, [log[-1] + (log[-1] - log[-2]) / 2]]))
