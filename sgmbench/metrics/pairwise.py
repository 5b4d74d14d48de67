"""Weighted sums of all pairwise distances between two sets of rows.

    S_j = sum_i v_i |x_i - y_j|,      S = sum_j w_j S_j,      |x - y|^2 = |x|^2 + |y|^2 - 2 x.y

The last form makes nearly all of the work one matrix product a block. Blocks are float32 (float64 where a square
would overflow), sums over blocks float64; short blocks are filled up with rows of weight zero, so that one compilation
serves every number of rows. A symmetric sum visits the upper triangle of blocks only.

The product loses digits where x and y agree: a square below 2e-6 of |x|^2 + |y|^2 is set to zero, which makes the
distance of duplicates exact, and costs a nearer pair at most 1.5e-3 of that scale. Rows should come centered.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import Precision
from jaxtyping import Array, Float, Int
from scipy.spatial.distance import cdist

BLOCK = 1024  # rows: 2,048 and more leave the cache, and take twice as long
LARGEST = 1e15  # squares of such numbers, summed, still fit in float32
NEGLIGIBLE = 2e-6

Block = tuple[Array, Array]


class Rows(NamedTuple):
    """Points and their weights."""

    values: Float[np.ndarray, "n d"]
    weights: Float[np.ndarray, " n"]


def own_sum(x: Rows) -> float:
    """S of a set with itself."""
    blocks = _blocks(x, _precision(x))
    diagonal = sum(_block_sum(a, a) for a in blocks)
    return float(diagonal + 2 * sum(_block_sum(a, b) for i, a in enumerate(blocks) for b in blocks[i + 1 :]))


def cross_sums(x: Rows, y: Rows) -> Float[np.ndarray, " n"]:
    """S_j for every row of y; its own weights are not used."""
    dtype = _precision(x, y)
    left = _blocks(x, dtype)
    found = [sum(np.asarray(_row_sums(b, a)) for a in left) for b in _blocks(y, dtype)]
    return np.concatenate(found)[: len(y.values)]


def same_run_sum(x: Rows, run: Int[np.ndarray, " n"]) -> float:
    """The part of `own_sum` that pairs of one solver run contribute; 0 where each row has a run of its own."""
    order = np.argsort(run, kind="stable")
    starts = np.flatnonzero(np.diff(run[order])) + 1
    groups = [Rows(x.values[rows], x.weights[rows]) for rows in np.split(order, starts) if len(rows) > 1]
    return float(sum(v @ cdist(y, y) @ v for y, v in groups))


def _precision(*sets: Rows) -> str:
    largest = max(np.abs(x.values).max(initial=0.0) for x in sets)
    return "float32" if largest < LARGEST else "float64"


def _blocks(x: Rows, dtype: str) -> list[Block]:
    """Rows in blocks of one size (less for few rows), padded with rows of weight 0."""
    n, d = x.values.shape
    size = min(BLOCK, 1 << max(7, (n - 1).bit_length()))
    count = -(-n // size)
    values, weights = np.zeros((count * size, d), dtype), np.zeros(count * size)
    values[:n], weights[:n] = x
    return [
        (jnp.asarray(values[i : i + size]), jnp.asarray(weights[i : i + size])) for i in range(0, len(values), size)
    ]


@jax.jit
def _block_sum(a: Block, b: Block) -> Float[Array, ""]:
    return jnp.vdot(a[1], _row_sums(a, b))


@jax.jit
def _row_sums(a: Block, b: Block) -> Float[Array, " n"]:
    """Distances from each row of a to those of b, weighted."""
    x, (y, w) = a[0], b
    scale = jnp.sum(x * x, axis=1)[:, None] + jnp.sum(y * y, axis=1)
    # An accelerator's default for float32 products keeps some 10 bits, too few for a difference of squares.
    squares = scale - 2 * jnp.matmul(x, y.T, precision=Precision.HIGHEST)
    distances = jnp.sqrt(jnp.where(squares > NEGLIGIBLE * scale, squares, 0))
    return (distances @ w.astype(distances.dtype)).astype("float64")
