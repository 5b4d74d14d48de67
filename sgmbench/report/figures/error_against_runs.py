"""Energy error against solver runs, log-log, with the N^-1/2 guide on which plain Monte Carlo lies by theory.

The error is sqrt(D2 / mu), so that N independent runs have N^-1/2 and equivalent runs read off the guide. A hollow
marker is an upper bound: the error there cannot be told from none.
"""

from pathlib import Path

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sgmbench.report.figures.style import TRUTH, color, dash, figure, legend_below, marker
from sgmbench.report.summary import TargetSummary


def draw_error_against_runs(path: Path, targets: list[TargetSummary], *, metric: str, methods: list[str]) -> None:
    """One panel a target; the median over its conditions, bars over the interval of replicates."""
    with figure(path, size=(max(4.2 * len(targets), 5), 3.9)) as drawing:
        panels = np.atleast_1d(drawing.subplots(1, len(targets), sharey=True))
        for panel, target in zip(panels, targets, strict=True):
            _draw_guide(panel, target)
            for label in methods:
                _draw_method(panel, target, label, metric, methods)
            panel.set(xscale="log", yscale="log", title=target.name, xlabel="solver runs")
            _label_ticks(panel)
        panels[0].set_ylabel(f"$(D^2 / \\mu)^{{1/2}}$, {metric}; hollow: at most")
        legend_below(drawing, panels[0])


def _draw_guide(panel, target: TargetSummary) -> None:
    runs = np.array(sorted({line.budget for line in target.lines}), float)
    runs = np.array([runs[0] / 2, runs[-1] * 2])
    panel.plot(runs, runs**-0.5, color=TRUTH, linewidth=0.8, linestyle="--", label="$N^{-1/2}$")


def _draw_method(panel, target: TargetSummary, label: str, metric: str, methods: list[str]) -> None:
    points = []
    for line in target.lines:
        if line.method == label and line.equivalent.get(metric):
            n = line.median(metric)
            points.append((line.budget, n.value, n.low or n.value, n.high or n.value, n.at_least))
    if not points:
        return
    runs, value, low, high, at_least = (np.array(column, float) for column in zip(*points, strict=True))
    error, upper, lower = value**-0.5, low**-0.5, high**-0.5
    style = {"color": color(methods, label), "marker": marker(methods, label), "markersize": 5, "capsize": 2}
    bars = np.nan_to_num(np.abs([error - lower, upper - error]))
    panel.errorbar(runs, error, bars, label=label, linewidth=1, linestyle=dash(methods, label), **style)
    bounds = at_least > 0
    panel.plot(
        runs[bounds], error[bounds], marker(methods, label), color=style["color"], markerfacecolor="white", zorder=3
    )


def _label_ticks(panel) -> None:
    """Plain numbers at the powers of ten, and where there is room at 2 and 5 times them."""
    for axis in (panel.xaxis, panel.yaxis):
        low, high = axis.get_view_interval()
        is_narrow = axis is panel.yaxis or high < 200 * low
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_narrow else (1,), numticks=12))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axis.set_minor_formatter(NullFormatter())
