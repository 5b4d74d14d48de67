"""Names at the right ends of lines, with the line's marker, where a legend of many lines would be a puzzle.

Where lines end near each other the names step apart: of heights y_1 <= ... <= y_n in shares of the panel, the p_i with

    p_{i+1} - p_i >= gap  that minimize  sum (p_i - y_i)^2,

which is the isotonic regression of y_i - i gap, then kept within [0, 1].
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from sgmbench.report.figures.style import POINTS

SIZE = 7.0  # points
LINE = 1.25 * SIZE
LEADER = 0.04  # its length as a share of the panel's width


class LineEnd(NamedTuple):
    """What a line is called, where it ends as a share of the panel's height, and its look."""

    name: str
    y: float
    look: dict[str, Any]


def name_ends(axis: Axes, ends: list[LineEnd], *, inches: float) -> None:
    """Writes the names beside a panel of that height, each with a leader from where its line ends."""
    if not ends:
        return
    ascending = sorted(ends, key=lambda end: end.y)
    places = spread(np.array([end.y for end in ascending]), LINE / POINTS / inches)
    for end, place in zip(ascending, places.tolist(), strict=True):
        leader = {"transform": axis.transAxes, "clip_on": False, "linewidth": 0.8, "markersize": 4, "markevery": [1]}
        axis.plot([1, 1 + LEADER], [end.y, place], **leader, **end.look)
        name_beside(axis, end.name, place)


def name_beside(axis: Axes, name: str, place: float) -> None:
    """A name on the right of a panel, at a share of its height."""
    style = {"transform": axis.transAxes, "fontsize": SIZE, "verticalalignment": "center", "parse_math": False}
    axis.text(1 + 1.5 * LEADER, place, name, **style)


def spread(y: Float[np.ndarray, " n"], gap: float) -> Float[np.ndarray, " n"]:
    """The places nearest to ascending y that are a gap apart within [0, 1]; less where there is no room for that."""
    steps = min(gap, 1 / max(len(y) - 1, 1)) * np.arange(len(y))
    return np.clip(isotonic_regression(y - steps).x, 0, 1 - steps[-1]) + steps
