"""Work-precision as a figure, log-log: errors of samplers against evaluations of the denoiser.

A row of panels for each score, exact and learned; beside each other the path error of deterministic samplers, solid,
and the energy error of all, those of the reverse SDE dashed. Below the floor, shaded, energy cannot tell an error.
"""

from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from sgmbench.report.figures.style import TRUTH, color, figure, head, legend_below, marker
from sgmbench.report.format import count
from sgmbench.report.ladder import at
from sgmbench.studies.work_precision import Point, Work, WorkPrecision


def draw_work_precision(path: Path, found: WorkPrecision) -> None:
    """Two panels for each score."""
    with figure(path, size=(8.0, 0.9 + 2.6 * len(found.works))) as drawing:
        panels = drawing.subplots(len(found.works), 2, squeeze=False, sharex=True)
        for row, work in zip(panels, found.works, strict=True):
            _draw_work(row[0], row[1], work, found.cap**-0.5)
        for panel in panels[-1]:
            panel.set_xlabel("evaluations of the denoiser a sample")
        legend_below(drawing, panels[0][1])
        head(drawing, f"{found.experiment}: {found.method} at {count(found.budget)} runs{at(found.z)}")


def _draw_work(path_panel: Axes, energy_panel: Axes, work: Work, floor: float) -> None:
    kinds = list(dict.fromkeys(point.sampler for point in work.points))
    for points in (list(group) for _, group in groupby(work.points, key=lambda point: point.sampler)):
        if points[0].path_error is not None:
            _draw_line(path_panel, points, [point.path_error for point in points], kinds)
        _draw_line(energy_panel, points, [point.closeness.error for point in points], kinds)
    path_panel.set_ylabel(f"{work.score} score\npath error [sd]")
    energy_panel.set_ylabel("$(D^2 / \\mu)^{1/2}$, floor shaded")
    energy_panel.axhspan(floor / 2, floor, color=TRUTH, alpha=0.15, linewidth=0)
    evaluations = sorted({point.evaluations for point in work.points})
    for panel in (path_panel, energy_panel):
        panel.set(xscale="log", yscale="log")
        panel.set_xticks([1 << i for i in range(1, 20) if evaluations[0] <= 1 << i <= evaluations[-1] + 1])
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_minor_formatter(NullFormatter())
    energy_panel.set_ylim(bottom=floor / 2)


def _draw_line(panel: Axes, points: list[Point], errors: list[float | None], kinds: list[str]) -> None:
    kind, is_flow = points[0].sampler, points[0].path_error is not None
    hue = color(kinds, kind)
    panel.plot(
        [point.evaluations for point in points],
        [float("nan") if error is None else error for error in errors],
        color=hue,
        linestyle="-" if is_flow else "--",
        marker=marker(kinds, kind),
        markerfacecolor=hue if is_flow else "white",
        markersize=4,
        linewidth=1,
        label=kind,
    )
