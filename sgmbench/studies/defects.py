"""The law that the instrument is tested on, and the defects that are planted in it.

    y_i = x_i^1/2 u_i,      x_i = (i - 1/2) / d,      i = 1 ... d,      u ~ N(0, I)

on d cells of [0, 1]: a Gaussian field whose values are independent and of a spread that falls to nothing at x = 0, as
beside a boundary value. It has d directions of much the same variance, which no field of a few smooth modes has, so
that distances concentrate and a bias of a part in a hundred shows. A defect replaces u by

    0.9 u                                     the spread is too small
    u + 0.1                                   the mean is off by a tenth of a standard deviation, everywhere
    u + 0.3 where x < 1/10                    the mean is off near the pinned end alone
    t / (5/3)^1/2, t of Student's law         tails are too heavy: mean and variance are right, every u_i apart has
    with 5 degrees of freedom                 the kurtosis 9 instead of 3
    v_1 = u_1, v_i = r v_(i-1) + s u_i,       neighbors are correlated, r = 0.3, s = (1 - r^2)^1/2: the law of each
                                              value is right; in one dimension there is no defect

Source: G. J. Szekely, M. L. Rizzo, "Energy statistics", J. Stat. Plan. Inference 143 (2013) 1249-1272, whose power
studies plant shifts, scales and tails likewise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import jax
import numpy as np
from annotated_types import Ge
from jaxtyping import Float
from scipy.signal import lfilter

from sgmbench.core.layout import Layout
from sgmbench.core.problem import Problem
from sgmbench.core.rng import stream
from sgmbench.problems.gaussian import field_on_cells
from sgmbench.problems.numerics.finite_volumes import centers

Unit = Float[np.ndarray, "n d"]
NONE, CORRELATED = "none", "AR(1) 0.3"
PINNED = 0.1
DEGREES_OF_FREEDOM = 5
CORRELATION = 0.3


@dataclass(frozen=True)
class PinnedNoise(Problem):
    """Independent Gaussian values, pinned at one end.

    Attributes:
        dimension: d.
    """

    dimension: Annotated[int, Ge(1)]

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return self.dimension

    @property
    def layout(self):
        return self._layout

    def draw(self, n: int, rng: np.random.Generator, *, defect: str = NONE) -> Float[np.ndarray, "n d"]:
        """Independent runs, of the law itself or with one of `DEFECTS`."""
        return np.sqrt(centers(self.dimension)) * DEFECTS[defect](rng, n, self.dimension)

    @cached_property
    def _layout(self) -> Layout:
        return field_on_cells(self.dimension)


def generator(seed: int, *labels: str | int) -> np.random.Generator:
    """The randomness of one replicate, by what it is for."""
    return np.random.default_rng(np.asarray(jax.random.key_data(stream(seed, "calibrate", *labels))).tolist())


def defects_of(dimension: int) -> list[str]:
    """Those that are defects in so many dimensions."""
    return [name for name in DEFECTS if name != NONE and (name != CORRELATED or dimension > 1)]


def exact(rng: np.random.Generator, n: int, d: int) -> Unit:
    """u."""
    return rng.standard_normal((n, d))


def narrow(rng: np.random.Generator, n: int, d: int) -> Unit:
    """0.9 u."""
    return 0.9 * exact(rng, n, d)


def shifted(rng: np.random.Generator, n: int, d: int) -> Unit:
    """u + 0.1."""
    return 0.1 + exact(rng, n, d)


def biased_end(rng: np.random.Generator, n: int, d: int) -> Unit:
    """u + 0.3 in the tenth of the cells at the pinned end, in one at least."""
    u = exact(rng, n, d)
    u[:, : max(1, round(PINNED * d))] += 0.3
    return u


def heavy_tailed(rng: np.random.Generator, n: int, d: int) -> Unit:
    """Student's law, scaled to unit variance."""
    variance = DEGREES_OF_FREEDOM / (DEGREES_OF_FREEDOM - 2)
    return rng.standard_t(DEGREES_OF_FREEDOM, (n, d)) / np.sqrt(variance)


def correlated(rng: np.random.Generator, n: int, d: int) -> Unit:
    """A stationary autoregression of order 1 along the field."""
    u = exact(rng, n, d)
    u[:, 1:] *= np.sqrt(1 - CORRELATION**2)
    return np.asarray(lfilter([1.0], [1.0, -CORRELATION], u, axis=1))


DEFECTS: dict[str, Callable[[np.random.Generator, int, int], Unit]] = {
    NONE: exact,
    "sd x 0.9": narrow,
    "mean + 0.1 sd": shifted,
    "end + 0.3 sd": biased_end,
    "t5 tails": heavy_tailed,
    CORRELATED: correlated,
}
