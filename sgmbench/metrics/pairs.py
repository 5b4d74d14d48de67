"""The rows of samples that belong to each held-out pair."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from sgmbench.core.samples import Samples


def rows_of_pairs(samples: Samples) -> Iterator[tuple[int, Int[np.ndarray, " m"]]]:
    """(pair, its rows) in order; a pair all of whose rows are gone has none."""
    assert samples.pair is not None
    order = np.argsort(samples.pair, kind="stable")
    ends = np.cumsum(np.bincount(samples.pair))
    return enumerate(np.split(order, ends[:-1]))
