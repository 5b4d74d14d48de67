"""Energy error against solver runs, log-log, with the N^-1/2 guide on which plain Monte Carlo lies by theory.

The error is sqrt(D2 / mu), so that N independent runs have N^-1/2 and equivalent runs read off the guide.
"""

from pathlib import Path

import numpy as np

from sgmbench.report.figures.style import TRUTH, color, figure, marker
from sgmbench.report.summary import TargetSummary


def draw_error_against_runs(path: Path, targets: list[TargetSummary], *, metric: str, methods: list[str]) -> None:
    """One panel a target; the median over its conditions, bars over the interval of replicates."""
    with figure(path, size=(4.6 * len(targets), 3.6)) as drawing:
        panels = np.atleast_1d(drawing.subplots(1, len(targets), sharey=True))
        for panel, target in zip(panels, targets, strict=True):
            _draw_guide(panel, target)
            for label in methods:
                _draw_method(panel, target, label, metric, methods)
            panel.set(xscale="log", yscale="log", title=target.name, xlabel="solver runs")
            panel.legend(fontsize=8)
        panels[0].set_ylabel(f"sqrt(D2 / mu), {metric}")


def _draw_guide(panel, target: TargetSummary) -> None:
    runs = np.array(sorted({line.budget for line in target.lines}), float)
    runs = np.array([runs[0] / 2, runs[-1] * 2])
    panel.plot(runs, runs**-0.5, color=TRUTH, linewidth=0.8, linestyle="--", label="N^-1/2")


def _draw_method(panel, target: TargetSummary, label: str, metric: str, methods: list[str]) -> None:
    points = []
    for line in target.lines:
        if line.method == label and line.equivalent.get(metric):
            median = line.median(metric)
            points.append((line.budget, median.value, median.low or median.value, median.high or median.value))
    if not points:
        return
    runs, value, low, high = (np.array(column, float) for column in zip(*points, strict=True))
    error, upper, lower = value**-0.5, low**-0.5, high**-0.5
    style = {"color": color(methods, label), "marker": marker(methods, label), "markersize": 5, "capsize": 2}
    bars = np.nan_to_num(np.abs([error - lower, upper - error]))
    panel.errorbar(runs, error, bars, label=label, linewidth=1, **style)
