"""A function of each row, so many rows at a time, in one loop.

`jax.lax.map(..., batch_size=b)` computes what is left over of n rows in a batch of its own, beside the loop. On the CPU
that can wait forever: two batched factorizations at once each occupy a thread of the pool and wait there for others of
the same pool, and there are two on a machine of two cores (jaxlib's `ParallelBatchMap`; the same is reported of other
batched kernels, https://github.com/PyAutoLabs/PyAutoFit/issues/1530). Here the last batch is padded with its last row.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import PyTree, Shaped

Rows = PyTree[Shaped[jax.Array, "n ..."]]


def map_in_batches(function: Callable, rows: Rows, *, batch: int) -> Rows:
    """The function of each row, under one `vmap` of at most `batch` rows at a time.

    Args:
        function: of one row (a pytree without the leading axis).
        rows: n of them.
        batch: rows at a time.
    """
    n = len(jax.tree.leaves(rows)[0])
    if n <= batch:
        return jax.vmap(function)(rows)
    batches = -(-n // batch)
    padded = jax.tree.map(lambda each: each[jnp.minimum(jnp.arange(batches * batch), n - 1)], rows)
    folded = jax.tree.map(lambda each: each.reshape(batches, batch, *each.shape[1:]), padded)
    found = jax.lax.map(jax.vmap(function), folded)
    return jax.tree.map(lambda each: each.reshape(batches * batch, *each.shape[2:])[:n], found)
