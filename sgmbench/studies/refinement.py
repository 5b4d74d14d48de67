"""Refinement: observed order and discretization error from a problem's levels, with the same z and germ on each.

With the difference d_l = y_l - y_(l+1) of levels l and l + 1 (0 the finest), r_l its rms over runs and grid in output
standard deviations,

    order q = slope of log2 r_l,        delta = r_0 / (2^q - 1)        (Richardson)

estimates the finest level's own error, path by path. The error of the law is at most as large, and may be far smaller:
a path that falls to the other side of a saddle is wrong, and the law is not. From the same runs

    over the prior    |E d_0|^2 + (sd y_0 - sd y_1)^2
    at a fixed z      E_z |E[d_0 given z]|^2 = E d_0 d_0',      d_0' of another germ at the same z

are the squared shifts of its mean and standard deviation, two standard errors below and above their estimates and
extrapolated likewise; at a fixed z they count in the standard deviation there, (E Var[y given z])^1/2, which is
smaller. Equivalent runs above (1 / delta_law)^2 mean nothing: a truth that is off by so much cannot tell one method
from another.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Field
from sgmbench.core.problem import Leveled, Problem
from sgmbench.statistics.discretization import (
    SURE,
    Interval,
    Rows,
    discretization_error,
    extrapolated,
    law_shifts,
    slope,
    together,
)
from sgmbench.studies.evaluate import Inputs, error_in_sd, evaluate

LEVELS = 4


@dataclass(frozen=True)
class Refinement:
    """What the levels say of the field whose error is largest.

    Attributes:
        field: that field.
        relative_costs: of each level, finest first.
        differences: r_l, rms difference of each level from the next coarser one.
        order: observed order q; None where it cannot be seen.
        delta: estimated error of the finest level, path by path, in standard deviations of the output over the prior.
        delta_law: interval of the error of its mean and standard deviation, likewise; never above delta.
        delta_law_at_condition: likewise at a fixed z, in the standard deviation there; None without parameters or germ.
    """

    field: str
    relative_costs: tuple[float, ...]
    differences: tuple[float, ...]
    order: float | None
    delta: float
    delta_law: Interval
    delta_law_at_condition: Interval | None


def refine(problem: Problem, inputs: Inputs, y: Rows, again: tuple[Inputs, Rows] | None) -> Refinement | None:
    """The study of a problem whose runs at these inputs are y; None where it has no coarser level.

    `again` are runs at the same z with other germs.
    """
    levels = _levels(problem)
    if len(levels) < 2:
        return None
    outputs = [y, *(evaluate(level, inputs) for level in levels[1:])]
    others = [] if again is None else [again[1], evaluate(levels[1], again[0])]
    good = np.all([np.all(np.isfinite(each), axis=1) for each in outputs + others], axis=0)
    if good.sum() < 2:
        return None
    outputs, others = [each[good] for each in outputs], [each[good] for each in others]
    errors = [error_in_sd(problem, fine - coarse, outputs[0]) for fine, coarse in pairwise(outputs)]
    costs = tuple(level.relative_cost / levels[0].relative_cost for level in levels)
    found = []
    for field in problem.layout.fields:
        if field.name in errors[0]:
            where = problem.layout.slices[field.name]
            parts = [[each[:, where] for each in group] for group in (outputs[:2], others)]
            found.append(_of_field(field, costs, [rms(e[field.name]) for e in errors], *parts))
    return max(found, key=lambda each: each.delta, default=None)


def rms(values: Float[np.ndarray, " n"]) -> float:
    """Root mean square of the finite values."""
    return float(np.sqrt(np.nanmean(values**2)))


def _of_field(
    field: Field, costs: tuple[float, ...], differences: list[float], pair: list[Rows], others: list[Rows]
) -> Refinement:
    order = slope(differences) if len(differences) > 1 else None
    delta = discretization_error(differences[0], order)
    sd = np.sqrt(field.quadrature @ pair[0].var(axis=0, ddof=1))
    law = extrapolated(together(*law_shifts(field, *pair)), sd, order, at_most=delta)
    at_condition = None
    if others:
        sd_there = np.sqrt(field.quadrature @ np.mean((pair[0] - others[0]) ** 2, axis=0) / 2)
        if sd_there > 0:
            shift = _shift_at_condition(field, pair[0] - pair[1], others[0] - others[1])
            at_condition = extrapolated(shift, sd_there, order, at_most=delta * sd / sd_there)
    return Refinement(field.name, costs, tuple(differences), order, delta, law, at_condition)


def _shift_at_condition(field: Field, d: Rows, d_again: Rows) -> Interval:
    """Rms shift of the mean at a fixed z."""
    products = (d * d_again) @ field.quadrature
    mean, margin = products.mean(), SURE * products.std(ddof=1) / np.sqrt(len(products))
    return float(np.sqrt(max(0.0, mean - margin))), float(np.sqrt(max(0.0, mean + margin)))


def _levels(problem: Problem) -> list[Any]:
    """The problem and its next coarser levels."""
    levels: list[Any] = [problem] if isinstance(problem, Leveled) else []
    while levels and len(levels) < LEVELS and (coarser := levels[-1].coarser()) is not None:
        levels.append(coarser)
    return levels
