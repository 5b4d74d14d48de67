"""Devices: rows are divided among all devices of a host, each of which computes its part; what they share is on all.

A program is written for all rows, and XLA divides it by where its arguments lie (`jax.sharding`). Random numbers are
those of one device, for they are a function of key and position (`jax_threefry_partitionable`), and solver runs, each
computed by itself in float64, have the same bits. Products of float32 matrices with fewer rows, and sums over rows, as
the gradient of a minibatch, are added in another order, which changes their last digits.
Where there is one device nothing is moved, and programs are as they would be without this.
"""

from functools import cache

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree, Shaped


def spread(rows: Shaped[Array | np.ndarray, "n ..."]) -> Shaped[Array | np.ndarray, "n ..."]:
    """An array whose rows lie on all devices in turn, or all on each where they cannot be divided equally."""
    return rows if jax.device_count() == 1 else jax.device_put(rows, _divided(len(rows)))


def spread_within(rows: Shaped[Array, "n ..."]) -> Shaped[Array, "n ..."]:
    """The same of rows that a compiled function makes."""
    return rows if jax.device_count() == 1 else jax.lax.with_sharding_constraint(rows, _divided(len(rows)))


def everywhere(tree: PyTree) -> PyTree:
    """Arrays on all devices."""
    return tree if jax.device_count() == 1 else jax.device_put(tree, _whole())


def everywhere_within(tree: PyTree) -> PyTree:
    """The same of arrays that a compiled function makes."""
    return tree if jax.device_count() == 1 else jax.lax.with_sharding_constraint(tree, _whole())


@cache
def _mesh() -> Mesh:
    return Mesh(np.array(jax.devices()), ("rows",))


def _divided(n: int) -> NamedSharding:
    return NamedSharding(_mesh(), PartitionSpec("rows")) if n % jax.device_count() == 0 else _whole()


def _whole() -> NamedSharding:
    return NamedSharding(_mesh(), PartitionSpec())
