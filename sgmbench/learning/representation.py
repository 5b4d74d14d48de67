"""Representation: outputs y as the coordinates a that a generator learns the law of, by transforms one after another.

    a = E_m( ... E_1(y; u) ...; u)

By default a conditional mean and scale are taken out, Karhunen-Loeve modes of the residual are kept, and each is scaled
by its own conditional standard deviation:

    y = m(u) + s_f(u) V (t(u) * a)

What a network is left to learn is the shape of a's law, and how that depends on u.
"""

from functools import lru_cache
from math import comb
from typing import Annotated

import numpy as np
from annotated_types import Len
from jaxtyping import Float, Int

from sgmbench.core.experiment import Kind
from sgmbench.core.layout import Layout
from sgmbench.learning.calibration import calibrate
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.polynomials import hyperbolic_cross_indices, legendre_products, total_degree_indices
from sgmbench.learning.representations.conditional_scale import ConditionalScale
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual
from sgmbench.learning.space import space_of
from sgmbench.learning.transform import Arrays, Transform

Transforms = tuple[Transform, ...]
Representation = Annotated[tuple[Annotated[Transform, Kind("representations")], ...], Len(1)]
DEFAULT: Transforms = (Residual(), KarhunenLoeve(), ConditionalScale())
DEGREE, MOST_FEATURES = 3, 400
"""Of what a network sees of the conditions."""


def fit_representation(
    transforms: Transforms, u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"], layout: Layout
) -> tuple[Arrays, Float[np.ndarray, "n k"]]:
    """What each transform learns from pairs, in order, and the coordinates of these pairs."""
    arrays, x, space = {}, y, space_of(layout)
    for i, transform in enumerate(transforms):
        fitted = transform.fit(u, x, space)
        x, space, arrays[str(i)] = transform.encode(fitted, u, x), transform.space(fitted, space), fitted
    grid = {"channels": np.array(space.geometry.channels), "grid": np.array(space.geometry.grid, int)}
    return arrays | {"geometry": grid, "is_centered": np.array(space.is_centered)}, x


def encode(
    transforms: Transforms, arrays: Arrays, u: Float[np.ndarray, "#n q"], y: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, "n k"]:
    """a of pairs (u, y)."""
    for transform, fitted in _steps(transforms, arrays):
        y = transform.encode(fitted, u, y)
    return y


def decode(
    transforms: Transforms, arrays: Arrays, u: Float[np.ndarray, "#n q"], a: Float[np.ndarray, "n k"]
) -> Float[np.ndarray, "n d"]:
    """y of coordinates; the inverse of `encode` up to what a transform leaves out."""
    return _undo(_steps(transforms, arrays), u, a)


def decode_calibrated(
    transforms: Transforms,
    arrays: Arrays,
    u: Float[np.ndarray, "1 q"],
    a: Float[np.ndarray, "n k"],
    draws: Float[np.ndarray, "m k"],
) -> Float[np.ndarray, "n d"]:
    """`decode` at one condition, where mean and scale of draws of a give way to those that a `residual` regresses.

    Of several the one nearest to y; calibrated are the coordinates that it was fitted to.
    """
    steps = _steps(transforms, arrays)
    nearest = next(i for i, transform in enumerate(transforms) if isinstance(transform, Residual))
    values, drawn = (_undo(steps[nearest:], u, each) for each in (a, draws))
    _, fitted = steps[nearest]
    return _undo(steps[:nearest], u, calibrate(fitted["moments"], fitted["kernel"], u[0], values, drawn))


def log_det(
    transforms: Transforms, arrays: Arrays, u: Float[np.ndarray, "#n q"], y: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, " n"] | None:
    """log |det da/dy| over the coordinates that vary: log p(y) = log p(a) + log_det; None where modes are left out."""
    total = np.zeros(len(y))
    for transform, fitted in _steps(transforms, arrays):
        part = transform.log_det(fitted, u, y)
        if part is None:
            return None
        total, y = total + part, transform.encode(fitted, u, y)
    return total


def coordinate_geometry(arrays: Arrays) -> Geometry:
    """What the coordinates a mean to a network."""
    channels, grid = (arrays["geometry"][name] for name in ("channels", "grid"))
    return Geometry(int(channels), tuple(grid.tolist()))


def is_centered(arrays: Arrays) -> bool:
    """Whether a transform has taken the mean out; what a's average is then is chance."""
    return bool(arrays["is_centered"])


def check_calibration(draws: int, transforms: Transforms) -> None:
    """Raises a ValueError where a method's `calibration` by so many draws cannot work."""
    if draws & (draws - 1):
        raise ValueError(f"calibration: {draws} is not a power of two; write 2048, say, or 0")
    if draws and not any(isinstance(transform, Residual) for transform in transforms):
        raise ValueError("calibration: needs a representation with residual; write calibration: 0, or add residual")


def condition_features(u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n p"]:
    """What a network sees of u: Legendre polynomials of order one, without the constant.

    They are those of total degree up to 3, as long as there are no more than 400, for up to 11 conditions; beyond that
    the hyperbolic cross of the largest degree up to 3 that has no more: products of two and powers of one up to 25
    conditions, powers of one up to 200.
    """
    return legendre_products(u, _seen_of_conditions(u.shape[1]))[:, 1:] / 2


@lru_cache(maxsize=16)
def _seen_of_conditions(q: int) -> Int[np.ndarray, "p q"]:
    if comb(q + DEGREE, DEGREE) - 1 <= MOST_FEATURES:
        return total_degree_indices(q, DEGREE)
    crosses = (hyperbolic_cross_indices(q, degree) for degree in range(DEGREE, 1, -1))
    small = (indices for indices in crosses if len(indices) - 1 <= MOST_FEATURES)
    return next(small, total_degree_indices(q, 1))


def _steps(transforms: Transforms, arrays: Arrays) -> list[tuple[Transform, Arrays]]:
    """Each transform with what it learned; files keep no empty dictionaries."""
    return [(transform, arrays.get(str(i), {})) for i, transform in enumerate(transforms)]


def _undo(
    steps: list[tuple[Transform, Arrays]], u: Float[np.ndarray, "#n q"], a: Float[np.ndarray, "n k"]
) -> np.ndarray:
    for transform, fitted in reversed(steps):
        a = transform.decode(fitted, u, a)
    return a
