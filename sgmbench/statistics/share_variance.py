"""Variance of the epistemic share: what one run of the best nested Monte Carlo contributes to its mean square error.

N runs, n at each of N / n values of z, know the share S of a field (see `variance_components`) with a mean square error
of v(n) / N, up to O(N^-2). v(n) = n K (jackknife error)^2 is read off a large nested set by taking blocks of n rows at
each z, the mean over all disjoint blocks; n goes through the powers of two up to the set's own. Equivalent runs by the
share are counted in runs of the n that has the least v.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sgmbench.statistics.variance_components import components_without_each, grouped, jackknife_error


class NestedUnit(NamedTuple):
    """Nested Monte Carlo at its best: n runs at each z, and v."""

    inner: int
    variance: float


def best_unit(
    values: Float[np.ndarray, "n d"],
    outer: Int[np.ndarray, " n"],
    *,
    quadrature: Float[np.ndarray, " d"],
    center: Float[np.ndarray, " d"],
) -> NestedUnit:
    """The n of least v, and v; arguments as in `variance_components.grouped`. NaN where no z has two rows."""
    _, number, counts = np.unique(outer, return_inverse=True, return_counts=True)
    place = _place_in_group(number, counts)
    found = [NestedUnit(0, float("nan"))]
    for n in (2**power for power in range(1, int(counts.max()).bit_length())):
        blocks = []
        for first in range(0, int(np.median(counts)) - n + 1, n):
            has_block = (counts >= first + n)[number]
            rows = has_block & (place >= first) & (place < first + n)
            groups = grouped(values[rows], outer[rows], quadrature=quadrature, center=center)
            error = jackknife_error(components_without_each(groups).share)
            blocks.append(rows.sum() * error**2)
        if blocks:
            found.append(NestedUnit(n, float(np.mean(blocks))))
    return min(found[1:], key=lambda unit: unit.variance, default=found[0])


def _place_in_group(number: Int[np.ndarray, " n"], counts: Int[np.ndarray, " K"]) -> Int[np.ndarray, " n"]:
    """The how-manieth of its group each row is, from 0."""
    place = np.empty(len(number), int)
    place[np.argsort(number, kind="stable")] = np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place
