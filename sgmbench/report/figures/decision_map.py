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
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sgmbench.report.figures.durations import label_durations
from sgmbench.report.figures.style import color, figure, hatch, legend_below
from sgmbench.report.format import percent
from sgmbench.report.frontier import NOBODY, DecisionMap

NOBODY_FACE, NOBODY_HATCH = "#eeeeee", "#b0b0b0"
FADE = 0.75


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
    with figure(path, size=(max(4.4 * len(panels), 5), 4.2)) as drawing:
        axes = np.atleast_1d(drawing.subplots(1, len(panels)))
        for axis, panel in zip(axes, panels, strict=True):
            _draw_regions(axis, panel, methods)
            _mark(axis, panel)
            _label(axis, panel)
        _draw_legend(axes[0], panels, methods)
        legend_below(drawing, axes[0])
        drawing.suptitle(title, fontsize=10)


def _draw_regions(axis: Axes, panel: MapPanel, methods: list[str]) -> None:
    """A rectangle for each stretch of a row that one method wins: few shapes, whatever the grid."""
    found, x, y = panel.map, edges(panel.costs_per_run), edges(panel.map.rows)
    regions: dict[str | None, list[list[tuple[float, float]]]] = {}
    for row, low, high in zip(found.winners, y[:-1], y[1:], strict=True):
        for label, start, end in _stretches(found, row):
            left, right = x[start], x[end]
            regions.setdefault(label, []).append([(left, low), (right, low), (right, high), (left, high)])
    for label, rectangles in regions.items():
        axis.add_collection(PolyCollection(rectangles, **_look(label, methods)), autolim=False)
        if label is not None and (pattern := hatch(methods, label)):
            marks = PolyCollection(rectangles, **_hatched(color(methods, label), pattern))
            axis.add_collection(marks, autolim=False)
    axis.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))


def _look(label: str | None, methods: list[str]) -> dict[str, Any]:
    """Of a region, with an edge that leaves no seam between rows."""
    if label is None:
        return {"facecolor": NOBODY_FACE, "edgecolor": NOBODY_HATCH, "hatch": "////", "linewidth": 0}
    hue = _faded(color(methods, label))
    return {"facecolor": hue, "edgecolor": hue, "linewidth": 0.4}


def _hatched(hue: str, pattern: str) -> dict[str, Any]:
    """Marks over an area whose color another method has too."""
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
    """Opaque, so that neighbors leave no seam, and light, so that marks can be seen on it."""
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
    axis.set(title=panel.title, xlabel="a solver run", ylabel=panel.row_label)
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
