"""Random streams named by what they are for.

A key depends on the seed and the labels alone, so adding a method or a budget changes no other stream. Inside a stream
a run is known by its index: chunks, devices and hosts cut the same sequence of runs in any way they like.
"""

import hashlib

import jax
from jaxtyping import Array, Float, Int, Key


def stream(seed: int, *labels: str | int) -> Key[Array, ""]:
    """The key of the stream with these labels: threefry on 64 bits of their SHA-256."""
    digest = hashlib.sha256("\x1f".join([str(seed), *map(str, labels)]).encode()).digest()
    key = jax.random.key(int.from_bytes(digest[:4], "big"), impl="threefry2x32")
    return jax.random.fold_in(key, int.from_bytes(digest[4:8], "big"))


def draw_normal(key: Key[Array, ""], index: Int[Array, ""], size: int) -> Float[Array, " size"]:
    """The standard normal vector of one run of a stream."""
    return jax.random.normal(jax.random.fold_in(key, index), (size,), "float64")
