"""The figure of `few_runs.py`: amplification and copies against runs, and against the dimension of the output."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator, PercentFormatter

from sgmbench.report.figures.style import PALETTE, TRUTH, color, figure, marker

COPIED = "bootstrap"
LOOKS: dict[str, tuple[Any, float]] = {"diffusion": ("-", 1.0), "kde": ("--", 0.6)}  # line, opacity
APART = 1.03  # methods beside each other, as a ratio on the axis
ARROW = 1.5  # likewise
RUNS_SHOWN = (100, 1_000)  # in the panels against dimension
SHARES = (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)
CHANCE = "x"

Show = Callable[..., None]
"""Draws one quantity of some cases of one method: (panel, cases, x, color, fill of the markers)."""


class Case(NamedTuple):
    """A method at one number of runs of one law.

    Attributes:
        problem: its kind.
        dimension: values of one output.
        method: label.
        runs: N.
        amplification: N_eq / N, NaN of a method that failed.
        interval: of it, None of one replicate and where it is a bound.
        is_bound: whether N_eq is "at least" that.
        copies: mean over replicates of the share among samples, NaN where it is not measured.
        copies_by_chance: likewise among runs that were left out.
        told: replicates in which tests call it copying, and those with enough runs left out to tell.
    """

    problem: str
    dimension: int
    method: str
    runs: int
    amplification: float
    interval: tuple[float, float] | None
    is_bound: bool
    copies: float
    copies_by_chance: float
    told: tuple[int, int]

    @property
    def repeats(self) -> bool:
        """Whether runs repeat each other, so that a copy of one is no sign of anything."""
        return self.copies_by_chance > 0.5


def draw(path: Path, cases: list[Case]) -> None:
    """Two panels for each quantity; colors are problems, lines and markers methods."""
    problems = list(dict.fromkeys(case.problem for case in cases))
    learned = [case for case in cases if case.method in LOOKS]
    own = {case.problem: case.dimension for case in reversed(cases)}
    at_own = [case for case in learned if case.dimension == own[case.problem]]
    some = [case for case in learned if case.runs in RUNS_SHOWN]
    with figure(path, size=(8.4, 6.6)) as drawing:
        panels = drawing.subplots(2, 2, sharey="row", sharex="col")
        for row, show in zip(panels, (draw_amplification, draw_copies), strict=True):
            for panel in row:
                panel.axhline(1.0, color=TRUTH, linewidth=0.9, linestyle=":")
            draw_against_runs(row[0], at_own, problems, show)
            draw_against_dimension(row[1], some, problems, show)
        label(panels)
        drawing.legend(handles=handles(problems), loc="outside lower center", ncols=4, fontsize=8)


def draw_against_runs(panel: Axes, cases: list[Case], problems: list[str], show: Show) -> None:
    """One line for each problem and method."""
    by = lambda case: (case.problem, case.method)  # noqa: E731
    for (problem, _), group in groupby(sorted(cases, key=lambda case: (*by(case), case.runs)), key=by):
        same = list(group)
        show(panel, same, [case.runs for case in same], color(problems, problem))
    set_ticks(panel, {case.runs for case in cases})


def draw_against_dimension(panel: Axes, cases: list[Case], problems: list[str], show: Show) -> None:
    """A problem in several dimensions is a line, any other a marker."""
    by = lambda case: (case.problem, case.method, case.runs)  # noqa: E731
    for (problem, _, runs), group in groupby(sorted(cases, key=lambda case: (*by(case), case.dimension)), key=by):
        same = list(group)
        hue = color(problems, problem)
        show(panel, same, [case.dimension for case in same], hue, fill="white" if runs == RUNS_SHOWN[0] else hue)
    set_ticks(panel, {case.dimension for case in cases})


def draw_amplification(panel: Axes, cases: list[Case], x: list[int], hue: str, fill: str = "") -> None:
    """Values with their intervals; a lower bound has an arrow instead."""
    style = {"color": hue, "alpha": LOOKS[cases[0].method][1]}
    place = draw_line(panel, cases, x, [case.amplification for case in cases], fill, style)
    for at, case in zip(place, cases, strict=True):
        if case.interval:
            panel.plot([at, at], case.interval, linewidth=0.7, **style)
        elif case.is_bound:
            ends = (at, ARROW * case.amplification), (at, case.amplification)
            panel.annotate("", *ends, arrowprops={"arrowstyle": "->", "linewidth": 0.7, **style})


def draw_copies(panel: Axes, cases: list[Case], x: list[int], hue: str, fill: str = "") -> None:
    """Shares, with crosses for those of runs that were left out."""
    style = {"color": hue, "alpha": LOOKS[cases[0].method][1], "clip_on": False}
    telling = [(at, case) for at, case in zip(x, cases, strict=True) if not case.repeats]
    if telling:
        x, cases = (list(column) for column in zip(*telling, strict=True))
        place = draw_line(panel, cases, x, [case.copies for case in cases], fill, style)
        panel.plot(place, [case.copies_by_chance for case in cases], CHANCE, markersize=4, linestyle="none", **style)


def draw_line(
    panel: Axes, cases: list[Case], x: list[int], y: list[float], fill: str, style: dict[str, Any]
) -> Float[np.ndarray, " n"]:
    """One method's line with its markers, and where they stand."""
    method = cases[0].method
    place = np.array(x) * APART ** (1 if method == "kde" else -1)
    shape = {"marker": marker(list(LOOKS), method), "markersize": 4.5, "markerfacecolor": fill or style["color"]}
    panel.plot(place, y, LOOKS[method][0], linewidth=1, **shape, **style)
    return place


def label(panels: np.ndarray) -> None:
    """Scales and words of all four."""
    amplification, copies = panels[0][0], panels[1][0]
    amplification.set(yscale="log", ylabel="amplification $N_{eq} / N$, energy; arrow: at least")
    amplification.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    amplification.yaxis.set_minor_formatter(NullFormatter())
    copies.set_yscale("function", functions=(lambda share: np.sqrt(np.maximum(share, 0)), np.square))
    copies.set(ylabel="share of samples that are copies", ylim=(-1e-9, 1.05))
    copies.set_yticks(SHARES)
    copies.yaxis.set_major_formatter(PercentFormatter(1.0))
    panels[0][0].set_title("each problem at its own dimension")
    panels[0][1].set_title(f"at {RUNS_SHOWN[0]} (hollow) and {RUNS_SHOWN[1]:,} runs (filled)")
    panels[1][0].set_xlabel("runs $N$")
    panels[1][1].set_xlabel("dimension $d$ of the output")


def set_ticks(panel: Axes, places: set[int]) -> None:
    """At the numbers that there are, on a logarithmic axis."""
    panel.set_xscale("log")
    panel.set_xticks(sorted(places), [f"{place:,}" for place in sorted(places)])
    panel.xaxis.set_minor_locator(NullLocator())


def handles(problems: list[str]) -> list[Line2D]:
    """Colors are problems, lines methods."""
    found = [Line2D([], [], color=color(problems, problem), linewidth=3, label=problem) for problem in problems]
    for method, (line, opacity) in LOOKS.items():
        shape = {"marker": marker(list(LOOKS), method), "markersize": 4.5, "alpha": opacity}
        found.append(Line2D([], [], color=PALETTE[-1], linestyle=line, label=method, **shape))
    return [
        *found,
        Line2D([], [], color=TRUTH, linestyle="", marker=CHANCE, markersize=4, label="runs left out, by chance"),
        Line2D([], [], color=TRUTH, linestyle=":", label=f"{COPIED}, by construction"),
    ]
