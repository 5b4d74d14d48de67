"""Devices: rows are divided among all devices, each of which computes its part; what they share is on all.

A program is written for all rows, and XLA divides it by where its arguments lie (`jax.sharding`). Random numbers are
those of one device, for they are a function of key and position (`jax_threefry_partitionable`), and solver runs, each
computed by itself in float64, have the same bits. Products of float32 matrices with fewer rows, and sums over rows, as
the gradient of a minibatch, are added in another order, which changes their last digits.
Where there is one device nothing is moved, and programs are as they would be without this.

Devices may be those of many processes (`core.hosts`). Each has all rows on its host and puts its part on its own
devices, without asking the others whether they have the same; what is made on all devices is `gathered` on each host.
Where a process is by itself, its own devices are all.
"""

from functools import cache

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree, Shaped

from sgmbench.core.hosts import is_alone


def count() -> int:
    """How many there are."""
    return jax.local_device_count() if is_alone() else jax.device_count()


def spread(rows: Shaped[Array | np.ndarray, "n ..."]) -> Shaped[Array | np.ndarray, "n ..."]:
    """An array whose rows lie on all devices in turn, or all on each where they cannot be divided equally."""
    if count() == 1:
        return rows
    if is_alone():
        return jax.device_put(rows, _divided(len(rows)))
    on_host = np.asarray(rows)
    return jax.make_array_from_callback(on_host.shape, _divided(len(on_host)), lambda at: on_host[at])


def spread_within(rows: Shaped[Array, "n ..."]) -> Shaped[Array, "n ..."]:
    """The same of rows that a compiled function makes."""
    return rows if count() == 1 else jax.lax.with_sharding_constraint(rows, _divided(len(rows)))


def everywhere(tree: PyTree) -> PyTree:
    """Arrays on all devices."""
    if count() == 1:
        return tree
    if is_alone():
        return jax.device_put(tree, _whole())
    return _on_all()(tree)


def everywhere_within(tree: PyTree) -> PyTree:
    """The same of arrays that a compiled function makes."""
    return tree if count() == 1 else jax.lax.with_sharding_constraint(tree, _whole())


def gathered(tree: PyTree) -> PyTree:
    """All rows of arrays, as NumPy's."""
    return jax.tree.map(np.asarray, tree if is_alone() else _on_all()(tree))


def _mesh() -> Mesh:
    return Mesh(np.array(jax.local_devices() if is_alone() else jax.devices()), ("rows",))


def _divided(n: int) -> NamedSharding:
    return NamedSharding(_mesh(), PartitionSpec("rows")) if n % count() == 0 else _whole()


def _whole() -> NamedSharding:
    return NamedSharding(_mesh(), PartitionSpec())


@cache
def _on_all():
    """A program that moves arrays there; `jax.device_put` would first ask all processes whether theirs are the same."""
    return jax.jit(lambda tree: tree, out_shardings=_whole())
