"""Rows of a surrogate's inputs: conditions and germs side by side, and compiled functions of many of them.

A compiled function sees chunks of one size, the last one padded with its own rows again: it is compiled once, and a row
has the same image whatever the number of rows.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Array, Float

from sgmbench.core.devices import gathered, spread
from sgmbench.core.runs import Pairs

CHUNK = 2048


def inputs_of(pairs: Pairs) -> Float[np.ndarray, "n p"]:
    """(given, germ) of each run; of a problem without a germ what is given."""
    return pairs.given if pairs.germ is None else np.hstack([pairs.given, pairs.germ])


def without_repeats(given: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "m q"]:
    """One row where all are equal, as at one condition: what depends on it alone is then computed once."""
    return given[:1] if (given == given[:1]).all() else given


def in_chunks(
    function: Callable[[Float[Array | np.ndarray, "c p"]], Float[Array, "c *k"]], x: Float[np.ndarray, "n p"]
) -> Float[np.ndarray, "n *k"]:
    """The images of rows x, in float64."""
    n, p = x.shape
    images = [
        gathered(function(spread(np.resize(x[start : start + CHUNK], (CHUNK, p))))).astype("float64")
        for start in range(0, n, CHUNK)
    ]
    return np.concatenate(images)[:n]
