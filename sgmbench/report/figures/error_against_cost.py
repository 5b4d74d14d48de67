"""Error against core-seconds, log-log, with the N^-1/2 guide of plain Monte Carlo; a column for each cost of a run.

    error = N_eq^-1/2,    cost = (solver runs, gradients at their price) c + compile + train + sample,

above by energy distance, below by the mean or standard deviation of a field that is worth the fewest runs. N runs at
each of K conditions take K N c: the guide is (seconds / (K c))^-1/2. A hollow marker is an upper bound.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from sgmbench.report.figures.durations import label_durations
from sgmbench.report.figures.style import TRUTH, color, dash, figure, head, legend_below, marker
from sgmbench.report.format import seconds
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.wanted import Ask
from sgmbench.report.worth import ENERGY
from sgmbench.statistics.equivalent_runs import EquivalentRuns

AROUND = 2.0  # how far the guide goes beyond the first and last method, as a factor


@dataclass(frozen=True)
class Price:
    """What a solver run costs: core-seconds, and in words."""

    cost_per_run: float
    words: str

    def seconds(self, line: Line) -> float:
        """Of all that a method spent in a replicate."""
        own = sum(line.seconds.get(phase, 0.0) for phase in ("compile", "train", "sample"))
        return line.forward_runs * self.cost_per_run + own


def priced(target: TargetSummary, asks: Iterable[Ask]) -> list[Price]:
    """The costs of a run that are asked about and known, once each; that measured where nothing is asked."""
    costs = [cost for ask in asks for cost in ask["cost_per_run"]] or ["measured"]
    known = {cost: target.seconds_a_run if cost == "measured" else float(cost) for cost in costs}
    return [
        Price(c, f"{seconds(c)} a run{' (measured)' if cost == 'measured' else ''}")
        for cost, c in known.items()
        if c > 0 and math.isfinite(c)
    ]


def draw_error_against_cost(path: Path, target: TargetSummary, prices: list[Price], *, methods: list[str]) -> None:
    """Two rows of panels, the lower one where moments were scored."""
    has_moments = any(line.worst_moment() for line in target.lines)
    rows = ["by energy distance", *(["by the worst moment"] if has_moments else [])]
    with figure(path, size=(max(4.2 * len(prices), 5), 3.1 * len(rows) + 0.8)) as drawing:
        panels = drawing.subplots(len(rows), len(prices), squeeze=False, sharex="col", sharey="row")
        for i, (row, words) in enumerate(zip(panels, rows, strict=True)):
            for panel, price in zip(row, prices, strict=True):
                _draw(panel, target, price, methods, of_moments=i == 1)
            row[0].set_ylabel(f"$N_{{eq}}^{{-1/2}}$, {words}")
        for panel, price in zip(panels[0], prices, strict=True):
            panel.set_title(f"at {price.words}")
        for panel in panels[-1]:
            panel.set_xlabel("core-seconds of all conditions; hollow: at most")
            label_durations(panel.xaxis, *panel.get_xlim())
        for panel in panels[:, 0]:
            _label_errors(panel)
        legend_below(drawing, panels[0][0])
        head(drawing, target.name)


def _draw(panel: Axes, target: TargetSummary, price: Price, methods: list[str], *, of_moments: bool) -> None:
    panel.set(xscale="log", yscale="log")
    lines = [(line, runs) for line in target.lines if (runs := _runs(line, of_moments=of_moments)) is not None]
    _draw_guide(panel, [price.seconds(line) for line, _ in lines], len(target.conditions) * price.cost_per_run)
    for label in methods:
        own = [(price.seconds(line), runs) for line, runs in lines if line.method == label]
        if own:
            _draw_method(panel, own, label, methods)


def _runs(line: Line, *, of_moments: bool) -> EquivalentRuns | None:
    """What a method is worth at the median condition, where that is a number."""
    if of_moments:
        found = line.worst_moment()
        runs = found[1] if found else None
    else:
        runs = line.median() if line.equivalent.get(ENERGY) else None
    return runs if runs is not None and 0 < runs.value < math.inf else None


def _draw_guide(panel: Axes, spent: list[float], all_conditions: float) -> None:
    """Of N runs at each condition."""
    if spent:
        ends = np.array([min(spent) / AROUND, max(spent) * AROUND])
        errors = (ends / all_conditions) ** -0.5
        panel.plot(ends, errors, color=TRUTH, linewidth=0.8, linestyle="--", label="$N^{-1/2}$")


def _draw_method(panel: Axes, points: list[tuple[float, EquivalentRuns]], label: str, methods: list[str]) -> None:
    cost = [each for each, _ in points]
    value = np.array([runs.value for _, runs in points])
    low = np.array([runs.low or runs.value for _, runs in points])
    high = np.array([runs.high or runs.value for _, runs in points])
    error, hue, shape = value**-0.5, color(methods, label), marker(methods, label)
    look: dict[str, Any] = {"color": hue, "marker": shape, "linestyle": dash(methods, label)}
    bars = np.nan_to_num(np.array([error - high**-0.5, low**-0.5 - error]))
    panel.errorbar(cost, error, bars, label=label, markersize=5, capsize=2, linewidth=1, **look)
    for x, y, (_, runs) in zip(cost, error, points, strict=True):
        if runs.at_least:
            panel.plot(x, y, shape, color=hue, markerfacecolor="white", zorder=3)


def _label_errors(panel: Axes) -> None:
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    panel.yaxis.set_minor_locator(NullLocator())
