"""Weighted sums of pairwise Euclidean distances, sum_ij v_i w_j |x_i - y_j|, in blocks.

|x - y|^2 = |x|^2 + |y|^2 - 2 x.y makes the work a matrix product, in float32: the rows come centered and scaled, so
that cancellation leaves a relative error near 1e-6 of a typical distance, averaged over all pairs. Sums are float64.
Cost n m d multiplications; a symmetric sum visits only the upper triangle of blocks.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

BLOCK = 2048


class Rows(NamedTuple):
    """Points and their weights."""

    values: Float[np.ndarray, "n d"]
    weights: Float[np.ndarray, " n"]


def cross_sum(x: Rows, y: Rows) -> float:
    """sum_ij v_i w_j |x_i - y_j|."""
    left, right = _blocks(x), _blocks(y)
    return sum(float(_block_sum(*a, *b)) for a in left for b in right)


def own_sum(x: Rows) -> float:
    """sum_ij w_i w_j |x_i - x_j|; the diagonal is exactly zero."""
    blocks = _blocks(x)
    diagonal = sum(float(_block_sum(*a, *a, is_diagonal=True)) for a in blocks)
    return diagonal + 2 * sum(float(_block_sum(*a, *b)) for i, a in enumerate(blocks) for b in blocks[i + 1 :])


def same_run_sum(x: Rows, run: Int[np.ndarray, " n"]) -> float:
    """The part of `own_sum` that pairs of one solver run contribute; 0 where each row has a run of its own."""
    order = np.argsort(run, kind="stable")
    starts = np.flatnonzero(np.diff(run[order], prepend=run[order][:1] - 1))
    groups = (group for group in np.split(order, starts[1:]) if len(group) > 1)
    return sum(_direct_sum(x.values[group], x.weights[group]) for group in groups)


def _direct_sum(values: Float[np.ndarray, "n d"], weights: Float[np.ndarray, " n"]) -> float:
    distances = np.linalg.norm(values[:, None] - values[None], axis=-1)
    return float(weights @ distances @ weights)


def _blocks(x: Rows) -> list[tuple[Array, Array]]:
    """Rows in blocks of one size (less for few rows), padded with rows of weight 0."""
    n, d = x.values.shape
    size = min(BLOCK, 1 << (n - 1).bit_length())
    count = -(-n // size)
    rows = np.zeros((count * size, d), np.float32)
    weights = np.zeros(count * size)
    rows[:n], weights[:n] = x.values, x.weights
    return [(jnp.asarray(rows[i : i + size]), jnp.asarray(weights[i : i + size])) for i in range(0, len(rows), size)]


@functools.partial(jax.jit, static_argnames="is_diagonal")
def _block_sum(
    x: Float[Array, "n d"],
    v: Float[Array, " n"],
    y: Float[Array, "m d"],
    w: Float[Array, " m"],
    *,
    is_diagonal: bool = False,
) -> Float[Array, ""]:
    squares = jnp.sum(x**2, axis=1)[:, None] + jnp.sum(y**2, axis=1)[None, :] - 2 * x @ y.T
    distances = jnp.sqrt(jnp.maximum(squares, 0))
    if is_diagonal:
        distances = distances * (1 - jnp.eye(len(x), dtype=jnp.float32))
    return v @ jnp.sum(distances * w.astype(jnp.float32), axis=1, dtype=jnp.float64)
