"""Cost-accuracy frontier, log-log: the seconds of an answer against its tolerance, a line for each method.

A Sampler's line falls as eps^-2. A Generator's is level, since its training does not depend on the tolerance, and ends
where its bias begins. How far from the left it cannot answer, whatever the number of samples, is shaded at the foot, in
a lane of its own; pale is how far reference and replicates cannot tell.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sgmbench.report.figures.durations import label_durations
from sgmbench.report.figures.style import TRUTH, color, figure, legend_below, marker
from sgmbench.report.format import percent
from sgmbench.report.frontier import Frontier

SHADE, PALE, LANE = 0.55, 0.2, 0.03  # opacities; height of a lane as a share of the panel
NOWHERE = (1.0, 10.0)  # seconds, where no method reaches any tolerance and no line tells a scale
EVERY = 20  # points from marker to marker: lines that lie on each other are told apart by them


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
    """Panels beside each other."""
    with figure(path, size=(max(4.2 * len(panels), 5), 4.2)) as drawing:
        axes = np.atleast_1d(drawing.subplots(1, len(panels)))
        for axis, panel in zip(axes, panels, strict=True):
            _draw(axis, panel, methods)
        axes[0].set_ylabel("cost of the answer")
        legend_below(drawing, axes[0])
        drawing.suptitle(title, fontsize=10)


def _draw(axis: Axes, panel: FrontierPanel, methods: list[str]) -> None:
    eps = panel.frontier.tolerances
    for i, label in enumerate(each for each in methods if each in panel.frontier.costs):
        cost = panel.frontier.costs[label]
        points = {"marker": marker(methods, label), "markersize": 5, "markevery": (3 * i % EVERY, EVERY)}
        axis.plot(eps, np.where(np.isfinite(cost), cost, np.nan), color=color(methods, label), label=label, **points)
    for asked in panel.asked:
        axis.axvline(asked, color=TRUTH, linestyle="--", linewidth=0.8, zorder=0)
    axis.set(xscale="log", yscale="log", xlim=(eps[0], eps[-1]), title=panel.title, xlabel="tolerance (dashed: asked)")
    if not any(np.isfinite(cost).any() for cost in panel.frontier.costs.values()):
        axis.set_ylim(*NOWHERE)
    _draw_lanes(axis, panel, methods)
    label_durations(axis.yaxis, *axis.get_ylim())
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    axis.xaxis.set_minor_formatter(NullFormatter())


def _draw_lanes(axis: Axes, panel: FrontierPanel, methods: list[str]) -> None:
    """Below all lines, from the left end to where each method begins to reach."""
    first, last = panel.frontier.tolerances[[0, -1]]
    lacking = [label for label in methods if panel.frontier.reach.get(label, 0.0) > first]
    low, high = axis.get_ylim()
    share = LANE * (len(lacking) + 1)
    axis.set_ylim(low * (low / high) ** (share / (1 - share)), high)
    for i, label in enumerate(lacking):
        never, reach = (_place(ends[label], first, last) for ends in (panel.frontier.never, panel.frontier.reach))
        for start, end, opacity in [(0.0, never, SHADE), (never, reach, PALE)]:
            lane = (start, i * LANE), end - start, 0.8 * LANE
            look = {"color": color(methods, label), "alpha": opacity, "linewidth": 0}
            axis.add_patch(Rectangle(*lane, transform=axis.transAxes, **look))
    if lacking:
        words = "out of reach (pale: not told)"
        axis.text(0.01, LANE * (len(lacking) + 0.2), words, transform=axis.transAxes, fontsize=7, color=TRUTH)


def _place(value: float, first: float, last: float) -> float:
    """Where a tolerance is on the axis, from 0 to 1."""
    return min(max(math.log(max(value, first) / first) / math.log(last / first), 0.0), 1.0)
