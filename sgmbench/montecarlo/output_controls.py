"""Controls from outputs: functions of a coarse run whose means tell much about means of the fine one.

    a = L^(-1/2) V' D (y - mean y)      leading Karhunen-Loeve modes, of unit variance
    a_j^2                               for spreads
    1{a_j > its quantile b/B}           b = 1, ..., B - 1, of the leading ones, for distribution functions

D weighs a coordinate by the square root of its quadrature over its field's rms standard deviation, so that fields count
alike. Half of the functions allowed go to modes, no more than hold 1 - 1/n of the variance of n rows; half of the rest
to squares; what is left then to indicators, of as many modes as can have B = 8 bins, of one at least, and in more bins
where few modes are needed. Of the squared error of a distribution function of a_j, over the line, B bins leave 1/B.
A failed run has zeros, a value like any other.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Layout
from sgmbench.montecarlo.calibration_weights import Choice

BINS = 8  # of a mode, before another one has steps too
MOST_ROWS = 1_000  # that modes are computed from
_NOTHING = 1e-9  # of a field's standard deviation: what varies by less is rounding


class Numbers(NamedTuple):
    """How many functions of each kind.

    Attributes:
        modes: as they are.
        squares: of these.
        stepped: modes that have indicators.
        bins: B of each.
    """

    modes: int
    squares: int
    stepped: int = 0
    bins: int = 1

    @property
    def total(self) -> int:
        """k."""
        return self.modes + self.squares + self.stepped * (self.bins - 1)


def numbers(allowed: int, needed: int) -> Numbers:
    """The split of so many functions, where so many modes are needed."""
    modes = min(needed, -(-allowed // 2))
    squares = min(modes, -(-(allowed - modes) // 2))
    if (left := allowed - modes - squares) <= 0:
        return Numbers(modes, squares)
    stepped = min(modes, max(1, left // (BINS - 1)))
    return Numbers(modes, squares, stepped, 1 + left // stepped)


def coordinate_scales(y: Float[np.ndarray, "n d"], layout: Layout) -> Float[np.ndarray, " d"]:
    """The diagonal of D; zero for fields that do not vary."""
    variance = y.var(axis=0)
    scales = np.zeros(layout.size)
    for field in layout.fields:
        where = layout.slices[field.name]
        sd = float(np.sqrt(field.quadrature @ variance[where]))
        if sd > _NOTHING * float(np.abs(y[:, where]).max(initial=0.0)):
            scales[where] = np.sqrt(field.quadrature) / sd
    return scales


def spectrum(y: Float[np.ndarray, "n d"], layout: Layout) -> tuple[Float[np.ndarray, " r"], Float[np.ndarray, "d r"]]:
    """(variances of the modes in descending order, D V) of finite rows."""
    scales = coordinate_scales(y, layout)
    rows = (y - y.mean(axis=0))[:MOST_ROWS] * scales
    _, singular, vectors = np.linalg.svd(rows, full_matrices=False)
    kept = singular > 1e-7 * singular.max(initial=0.0)
    return singular[kept] ** 2 / len(rows), scales[:, None] * vectors[kept].T


def modes_needed(variances: Float[np.ndarray, " r"], n: int) -> int:
    """How many modes hold 1 - 1/n of the variance."""
    left = variances.sum() - np.cumsum(variances)
    return min(len(variances), int(np.sum(left > variances.sum() / n)) + 1)


def output_controls(layout: Layout, *, allowed: int) -> Choice:
    """How rows of outputs choose the functions, at most so many."""

    def choose(y):
        finite = y[np.all(np.isfinite(y), axis=1)]
        if len(finite) < 2:
            return lambda rows: np.zeros((len(rows), 0))
        variances, directions = spectrum(finite, layout)
        split = numbers(allowed, modes_needed(variances, len(finite)))
        center, basis = finite.mean(axis=0), directions[:, : split.modes] / np.sqrt(variances[: split.modes])
        stepped = (finite - center) @ basis[:, : split.stepped]
        edges = np.quantile(stepped, np.arange(1, split.bins) / split.bins, axis=0)  # [b, j]

        def controls(rows):
            ok = np.all(np.isfinite(rows), axis=1)
            a = (np.where(ok[:, None], rows, center) - center) @ basis
            above = a[:, None, : split.stepped] > edges
            values = [a, a[:, : split.squares] ** 2, above.reshape(len(rows), -1)]
            return np.where(ok[:, None], np.concatenate(values, axis=1), 0.0)

        return controls

    return choose
