"""Coordinates of a sample as fields on their grid, channels last, and back."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sgmbench.learning.geometry import Geometry


def as_fields(x: Float[Array, "n k"], geometry: Geometry) -> Float[Array, "n *grid channels"]:
    """Channel after channel, each in C order, becomes [n, *grid, channels]."""
    return jnp.moveaxis(x.reshape(len(x), geometry.channels, *geometry.grid), 1, -1)


def as_coordinates(h: Float[Array, "n *grid channels"]) -> Float[Array, "n k"]:
    """The inverse of `as_fields`."""
    return jnp.moveaxis(h, -1, 1).reshape(len(h), -1)
