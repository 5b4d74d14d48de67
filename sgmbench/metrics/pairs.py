"""Pairs: which samples a run of the truth is scored against.

    held-out runs    each with the samples at its own condition, which `Samples.pair` counts to it
    one condition    each with all samples

A score of the second kind is a mean over the runs, which need not be taken one by one.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from sgmbench.core.samples import Samples

SomeRows = slice | Int[np.ndarray, " m"]


def paired_rows(samples: Samples) -> Iterator[tuple[SomeRows, slice]]:
    """Rows of the samples and of the reference, held-out run by run; one all of whose samples are gone has none."""
    if samples.pair is None:
        yield slice(None), slice(None)
        return
    order = np.argsort(samples.pair, kind="stable")
    ends = np.cumsum(np.bincount(samples.pair))
    for run, rows in enumerate(np.split(order, ends[:-1])):
        yield rows, slice(run, run + 1)
