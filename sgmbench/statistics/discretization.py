"""Discretization error of a law: by how much its mean and standard deviation are off, from coupled levels.

Runs y_0 (the finest level) and y_1, y_2, ... of coarser ones have the same z and germ, so that d_l = y_l - y_(l+1) is
small where the solver converges, and few runs show its mean. In rms standard deviations s of a field with quadrature q

    shift of the mean   ( sum_i q_i (E d_0,i)^2 )^1/2 / s
    shift of the sd     ( sum_i q_i (sd y_0,i - sd y_1,i)^2 )^1/2 / s

each as an interval, two standard errors below and above the estimate at every point of the grid, and extrapolated
(Richardson) to what the finest level is itself off by:

    delta = shift / (2^order - 1),      order the slope of log2 rms d_l over l,

the shift itself where no order of at least one half is seen. The error of the law is at most that of single paths.
N independent runs have a mean square error of v / N, so that more than v / delta^2 of them say nothing of the physics.

Source: L. F. Richardson, Phil. Trans. R. Soc. A 210 (1911); coupling of levels: M. B. Giles, Acta Numerica 24 (2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Field, Layout

SURE = 2.0  # standard errors
LEAST_ORDER = 0.5  # below it differences of levels say nothing about the next one

Rows = Float[np.ndarray, "n d"]
Interval = tuple[float, float]


@dataclass(frozen=True)
class LawError:
    """What the finest level is off by in one field, in its rms standard deviation, each from low to high.

    Attributes:
        mean: of its mean.
        sd: of its standard deviation.
        order: observed; None where it cannot be seen.
    """

    mean: Interval
    sd: Interval
    order: float | None

    @property
    def total(self) -> Interval:
        """Both together."""
        return together(self.mean, self.sd)


def law_errors(levels: Sequence[Rows], layout: Layout) -> dict[str, LawError]:
    """The error of every field that varies.

    Args:
        levels: the same runs on at least two levels, finest first, all finite.
        layout: of y.
    """
    found = {}
    for field in layout.fields:
        outputs = [rows[:, layout.slices[field.name]] for rows in levels]
        s = float(np.sqrt(field.quadrature @ outputs[0].var(axis=0, ddof=1)))
        if s > 1e-9 * np.abs(outputs[0]).max():
            found[field.name] = _law_error(field, outputs, s)
    return found


def _law_error(field: Field, outputs: list[Rows], s: float) -> LawError:
    paths = [float(np.sqrt(np.mean((a - b) ** 2 @ field.quadrature))) / s for a, b in pairwise(outputs)]
    order = slope(paths) if len(paths) > 1 else None
    most = discretization_error(paths[0], order)
    mean, sd = (extrapolated(shift, s, order, at_most=most) for shift in law_shifts(field, *outputs[:2]))
    return LawError(mean, sd, order)


def law_shifts(field: Field, fine: Rows, coarse: Rows) -> tuple[Interval, Interval]:
    """Rms shifts of mean and standard deviation from one level to the next, in the field's unit."""
    center_fine, center_coarse = fine - fine.mean(axis=0), coarse - coarse.mean(axis=0)
    twice_sd = fine.std(axis=0, ddof=1) + coarse.std(axis=0, ddof=1)
    of_sd = (center_fine**2 - center_coarse**2) / np.where(twice_sd > 0, twice_sd, 1)  # run by run
    mean, sd = (_rms_bounds(field, values) for values in (fine - coarse, of_sd))
    return mean, sd


def together(first: Interval, second: Interval) -> Interval:
    """Root of the sum of squares, end by end."""
    low, high = (float(np.hypot(a, b)) for a, b in zip(first, second, strict=True))
    return low, high


def extrapolated(shift: Interval, s: float, order: float | None, *, at_most: float) -> Interval:
    """An interval of delta in units of s."""
    low, high = (float(min(at_most, discretization_error(each / s, order))) for each in shift)
    return low, high


def discretization_error(difference: float, order: float | None) -> float:
    """delta from d_0; where no order of at least one half is seen, d_0 itself."""
    return difference if order is None or order < LEAST_ORDER else difference / (2**order - 1)


def slope(differences: Sequence[float]) -> float | None:
    """Least-squares slope of log2 d_l over l; None where a difference vanishes."""
    if min(differences) <= 0:
        return None
    return float(np.polyfit(np.arange(len(differences)), np.log2(differences), 1)[0])


def cap(delta: float) -> float:
    """The number of equivalent runs that a truth with error delta can tell apart."""
    return delta**-2 if delta > 0 else float("inf")


def _rms_bounds(field: Field, values: Rows) -> Interval:
    """Of the size of each column's mean, rms over the grid."""
    mean, margin = np.abs(values.mean(axis=0)), SURE * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    low, high = (float(np.sqrt(field.quadrature @ end**2)) for end in (np.maximum(mean - margin, 0), mean + margin))
    return low, high
