"""Refinement: observed order and discretization error from a problem's levels, with the same z and germ on each.

With the rms difference d_l of levels l and l + 1 (0 the finest), in output standard deviations,

    order q = slope of log2 d_l,        delta = d_0 / (2^q - 1)        (Richardson),

delta estimates the finest level's own error, path by path; that of the law is at most as large. Equivalent runs above
(1 / delta)^2 mean nothing: a truth that is off by delta cannot tell one method from another there. At a fixed z the
output varies less than over the prior, (E Var[y given z])^1/2 in place of (Var y)^1/2, so the same error counts for
more.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.core.problem import Leveled, Problem
from sgmbench.studies.evaluate import Inputs, error_in_sd, evaluate

LEVELS = 4


@dataclass(frozen=True)
class Refinement:
    """What the levels say of the field whose error is largest.

    Attributes:
        field: that field.
        relative_costs: of each level, finest first.
        differences: rms difference of each level from the next coarser one.
        order: observed order q; None where it cannot be seen.
        delta: estimated error of the finest level, in standard deviations of the output over the prior.
        delta_at_condition: likewise, in its standard deviation at a fixed z; None without parameters or germ.
    """

    field: str
    relative_costs: tuple[float, ...]
    differences: tuple[float, ...]
    order: float | None
    delta: float
    delta_at_condition: float | None


def refine(
    problem: Problem, inputs: Inputs, y: Float[np.ndarray, "n d"], y_again: Float[np.ndarray, "n d"] | None
) -> Refinement | None:
    """The study of a problem whose runs at these inputs are y; None where it has no coarser level.

    `y_again` are runs at the same z with other germs.
    """
    levels = _levels(problem)
    if len(levels) < 2:
        return None
    outputs = [y, *(evaluate(level, inputs) for level in levels[1:])]
    good = np.all([np.all(np.isfinite(each), axis=1) for each in outputs], axis=0)
    if good.sum() < 2:
        return None
    errors = [error_in_sd(problem, (fine - coarse)[good], y[good]) for fine, coarse in pairwise(outputs)]
    spread = {} if y_again is None else error_in_sd(problem, (y - y_again)[good] / np.sqrt(2), y[good])
    costs = tuple(level.relative_cost / levels[0].relative_cost for level in levels)
    found = [_of_field(name, costs, [rms(e[name]) for e in errors], spread.get(name)) for name in errors[0]]
    return max(found, key=lambda each: each.delta, default=None)


def rms(values: Float[np.ndarray, " n"]) -> float:
    """Root mean square of the finite values."""
    return float(np.sqrt(np.nanmean(values**2)))


def cap(delta: float) -> float:
    """The number of equivalent runs that a truth with error delta can tell apart."""
    return delta**-2 if delta > 0 else float("inf")


def _of_field(
    name: str, costs: tuple[float, ...], differences: list[float], spread: Float[np.ndarray, " n"] | None
) -> Refinement:
    order = _slope(differences) if len(differences) > 1 else None
    delta = discretization_error(differences[0], order)
    narrowed = None if spread is None else rms(spread)
    return Refinement(name, costs, tuple(differences), order, delta, delta / narrowed if narrowed else None)


def discretization_error(difference: float, order: float | None) -> float:
    """delta from d_0; where no order of at least one half is seen, d_0 itself."""
    return difference if order is None or order < 0.5 else difference / (2**order - 1)


def _levels(problem: Problem) -> list[Any]:
    """The problem and its next coarser levels."""
    levels: list[Any] = [problem] if isinstance(problem, Leveled) else []
    while levels and len(levels) < LEVELS and (coarser := levels[-1].coarser()) is not None:
        levels.append(coarser)
    return levels


def _slope(differences: list[float]) -> float | None:
    """Least-squares slope of log2 d_l over l; None where a difference vanishes."""
    if min(differences) <= 0:
        return None
    return float(np.polyfit(np.arange(len(differences)), np.log2(differences), 1)[0])
