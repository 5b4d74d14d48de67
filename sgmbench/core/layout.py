"""Layout: how the named fields of one output lie in a vector y of length d, and back."""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


@dataclass(frozen=True)
class Axis:
    """One dimension of a field: its name, unit and coordinates."""

    name: str
    unit: str
    coordinates: tuple[float, ...]

    @property
    def is_uniform(self) -> bool:
        """Whether the coordinates are equally spaced, so that spectra and differences make sense."""
        steps = np.diff(self.coordinates)
        return len(steps) > 1 and bool(np.allclose(steps, steps[0], rtol=1e-6, atol=0))

    @property
    def quadrature(self) -> Float[np.ndarray, " n"]:
        """Weights of the midpoint rule, normalized to sum 1."""
        if len(self.coordinates) < 2:
            return np.ones(len(self.coordinates))
        widths = np.abs(np.gradient(np.asarray(self.coordinates, float)))
        return widths / widths.sum()


@dataclass(frozen=True)
class Field:
    """A named output with its unit; no axes means a scalar quantity of interest."""

    name: str
    unit: str
    axes: tuple[Axis, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return tuple(len(axis.coordinates) for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def quadrature(self) -> Float[np.ndarray, " size"]:
        """Product quadrature weights of all values, in C order, summing to 1."""
        weights = np.ones(())
        for axis in self.axes:
            weights = np.multiply.outer(weights, axis.quadrature)
        return weights.ravel()


@dataclass(frozen=True)
class Layout:
    """The fields of y in their order; ravel and unravel are inverse to each other."""

    fields: tuple[Field, ...]

    @property
    def size(self) -> int:
        """d, the length of y."""
        return sum(field.size for field in self.fields)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each field lies in y."""
        ends = np.cumsum([field.size for field in self.fields])
        return {f.name: slice(int(end) - f.size, int(end)) for f, end in zip(self.fields, ends, strict=True)}

    def ravel(self, fields: dict[str, Array]) -> Float[Array, " d"]:
        """The fields of one run as one vector."""
        return jnp.concatenate([jnp.ravel(fields[field.name]) for field in self.fields])

    def unravel(self, y: Float[Array, "*n d"]) -> dict[str, Array]:
        """Vectors back to named fields, leading dimensions kept."""
        return {f.name: y[..., self.slices[f.name]].reshape(*y.shape[:-1], *f.shape) for f in self.fields}
