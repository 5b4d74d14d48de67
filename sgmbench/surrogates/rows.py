"""Rows of a surrogate's inputs: conditions and germs side by side, and compiled functions of many of them.

A compiled function sees chunks of one size, the last one padded with its own rows again: it is compiled once, and a row
has the same image whatever the number of rows. Chunks are smaller where memory does not suffice (`core.memory`).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Array, Float

from sgmbench.core.devices import gathered, spread
from sgmbench.core.memory import Halving
from sgmbench.core.runs import Pairs

CHUNK = 2048


def inputs_of(pairs: Pairs) -> Float[np.ndarray, "n p"]:
    """(given, germ) of each run; of a problem without a germ what is given."""
    return pairs.given if pairs.germ is None else np.hstack([pairs.given, pairs.germ])


def without_repeats(given: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "m q"]:
    """One row where all are equal, as at one condition: what depends on it alone is then computed once."""
    return given[:1] if (given == given[:1]).all() else given


def in_chunks(
    function: Callable[[Float[Array | np.ndarray, "c p"]], Float[Array, "c *k"]],
    x: Float[np.ndarray, "n p"],
    halving: Halving,
) -> Float[np.ndarray, "n *k"]:
    """The images of rows x, in float64."""
    n, p = x.shape

    def images(size: int) -> Float[np.ndarray, "n *k"]:
        starts = range(0, n, size)
        each = [gathered(function(spread(np.resize(x[i : i + size], (size, p))))).astype("float64") for i in starts]
        return np.concatenate(each)[:n]

    return halving(images, CHUNK)
