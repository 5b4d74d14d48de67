"""Shares: what each host makes by itself (`core.hosts.apart`), and how it is put together.

Rows are divided in order, one part for each host, or pieces of work are dealt out in turn. What is put together has the
bits that one host alone would have: rows are moved, and only counts are added.
"""

from functools import cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree, Shaped

from sgmbench.core.hosts import among_all, is_alone, of_each

FEW = 4_096  # rows: up to as many are told in powers of two, more in multiples, so that few sizes are compiled


class Share(NamedTuple):
    """Of some rows those that are this process's: `start` to `stop`, where nobody has more than `most`."""

    start: int
    stop: int
    most: int


def own_share(n: int) -> Share:
    """Of n rows, of which each process has as many but for the last ones."""
    i, count = _place()
    most = -(-n // count)
    return Share(min(i * most, n), min((i + 1) * most, n), most)


def own_turns(n: int) -> range:
    """Of n pieces of work those that are this process's, where each takes every one in turn."""
    i, count = _place()
    return range(i, n, count)


def all_rows(own: PyTree, n: int) -> PyTree:
    """Arrays of n rows, of which each process has its share.

    Raises:
        HostError: a process is gone.
    """
    if is_alone():
        return own
    most = own_share(n).most
    size = 1 << (most - 1).bit_length() if most <= FEW else -(-most // FEW) * FEW

    def joined(rows: np.ndarray) -> np.ndarray:
        padded = np.zeros((size, *rows.shape[1:]), rows.dtype)
        padded[: len(rows)] = rows
        return of_each(padded)[:, :most].reshape(-1, *rows.shape[1:])[:n]

    return jax.tree.map(joined, own)


def summed(counts: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
    """The sum of what each process has, exact of whole numbers; no host holds more than its own and the sum.

    Raises:
        HostError: a process is gone.
    """
    if is_alone():
        return counts
    hosts, total = _sum()
    with among_all():
        return np.asarray(total(jax.make_array_from_process_local_data(hosts, counts[None])))


def _place() -> tuple[int, int]:
    """The number of this process, and of how many."""
    return (0, 1) if is_alone() else (jax.process_index(), jax.process_count())


@cache
def _sum() -> tuple[NamedSharding, Any]:
    """How rows lie on the first device of each process, and a program that adds them."""
    first = {device.process_index: device for device in reversed(jax.devices())}
    hosts = Mesh(np.array([first[i] for i in range(jax.process_count())]), ("hosts",))
    divided, whole = (NamedSharding(hosts, PartitionSpec(*axes)) for axes in (["hosts"], []))
    return divided, jax.jit(lambda each: each.sum(axis=0), out_shardings=whole)
