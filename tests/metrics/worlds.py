"""What metrics score, drawn afresh, under the right law and under laws that are wrong in one way each.

    rows      N rows of a germ, against n of a reference
    pairs     y = z + germ held out at each of K values of z, and M rows of the same law at each
    nested    n rows z + germ at each of K values of z, and as many of the reference at the same z
    solved    runs of u = z v, v = germ, with u = 0 at the first point: u and v of one run each

The germ is standard normal. A law replaces that of the samples:

    right            N(0, I)
    narrow           standard deviation 0.9
    shifted          mean 0.1
    correlated       AR(1) along the coordinates, correlation 0.3, variance 1
    heavy            t5 marginals, independent, scaled to variance 1

All laws of one draw are made of the same normal values and scored against the same reference, so that what a defect
adds is not hidden by the noise of either.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Constrained, Recomputable, Traceable
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples

Drawn = tuple[Reference, dict[str, Samples]]
World = Callable[[np.random.Generator, Iterable[str]], Drawn]

Z = 2.5


def _correlated(normal, rng):
    lag = np.abs(np.subtract.outer(*2 * [np.arange(normal.shape[1])]))
    return normal @ np.linalg.cholesky(0.3**lag).T


LAWS: dict[str, Callable[..., np.ndarray]] = {
    "right": lambda normal, rng: normal,
    "narrow": lambda normal, rng: 0.9 * normal,
    "shifted": lambda normal, rng: normal + 0.1,
    "correlated": _correlated,
    "heavy": lambda normal, rng: normal * np.sqrt(3 / rng.chisquare(5, normal.shape)),
}


@dataclass(frozen=True)
class Toy(Traceable):
    """Fields of given shapes on the unit interval; nothing is simulated."""

    fields: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return 1

    @property
    def layout(self):
        return _layout(self.fields)

    def simulate(self, z, xi):
        raise NotImplementedError


@dataclass(frozen=True)
class Physical(Toy, Constrained, Recomputable):
    """u = z v everywhere and u = 0 at the first point."""

    def constraints(self, fields):
        return {"u.first": fields["u"][0]}

    def recompute(self, z, fields):
        return {"u": z[0] * fields["v"]}


def rows(N: int, n: int, d: int, *, germ: str = "standard_normal", is_law: bool = True) -> World:
    """Independent rows of one field on d cells."""

    def draw(rng: np.random.Generator, laws: Iterable[str] = ("right",)) -> Drawn:
        y, x = (getattr(rng, germ)(size=(size, d)) for size in (n, N))
        truth = Reference(y, _toy(d), None)
        return truth, {law: _samples(LAWS[law](x, rng), truth, is_law=is_law) for law in laws}

    return draw


def pairs(K: int, M: int, d: int) -> World:
    """Held-out runs, z uniform on [-2, 2]."""

    def draw(rng: np.random.Generator, laws: Iterable[str] = ("right",)) -> Drawn:
        z = rng.uniform(-2, 2, (K, 1))
        truth, x = Reference(z + rng.standard_normal((K, d)), _toy(d), None), rng.standard_normal((M * K, d))
        at, pair = np.tile(z, (M, 1)), np.tile(np.arange(K), M)
        return truth, {law: _samples(at + LAWS[law](x, rng), truth, pair=pair) for law in laws}

    return draw


def nested(K: int, n: int, *, at: tuple[float, ...] = ()) -> World:
    """A scalar at standard normal z, or at those that are given."""

    def draw(rng: np.random.Generator, laws: Iterable[str] = ("right",)) -> Drawn:
        z, outer = np.array(at) if at else rng.standard_normal(K), np.tile(np.arange(K), n)
        y, x = (rng.standard_normal((n * K, 1)) for _ in range(2))
        truth = Reference(z[outer, None] + y, _toy(1), None, outer)
        return truth, {law: _samples(z[outer, None] + LAWS[law](x, rng), truth, outer=outer) for law in laws}

    return draw


def solved(n: int) -> World:
    """Runs on four points; a defect is in u alone."""

    def draw(rng: np.random.Generator, laws: Iterable[str] = ("right",)) -> Drawn:
        y, x = (rng.standard_normal((n, 4)) * [0, 1, 1, 1] for _ in range(2))
        truth = Reference(np.hstack([Z * y, y]), Physical((("u", (4,)), ("v", (4,)))), (Z,))
        return truth, {law: _samples(np.hstack([Z * LAWS[law](x, rng), x]), truth) for law in laws}

    return draw


def _samples(values: np.ndarray, truth: Reference, *, is_law: bool = True, **numbers: np.ndarray) -> Samples:
    return Samples.equally_weighted(values, truth.layout, is_law=is_law, **numbers)


@cache
def _toy(d: int) -> Toy:
    return Toy((("u", (d,)),))


@cache
def _layout(fields: tuple[tuple[str, tuple[int, ...]], ...]) -> Layout:
    return Layout(tuple(Field(name, "m", tuple(map(_axis, "xyz", shape))) for name, shape in fields))


def _axis(name: str, size: int) -> Axis:
    return Axis(name, "m", tuple(((np.arange(size) + 0.5) / size).tolist()))
