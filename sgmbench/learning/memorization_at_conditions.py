"""Memorization of a law given conditions: generated rows, each beside the condition that it was drawn at.

Copies are counted at the conditions of held-out runs, where a law that was learned has no reason to give a training
row back: d1 and d2 are distances of (a, u), a row of coordinates beside its condition features. `membership` asks for
as many generated rows at the condition of each training run as at that of each held-out run, e of either kind being a
draw of one law only then. Cost: at most twice as many samples as there are queries.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from sgmbench.learning.membership import membership
from sgmbench.learning.memorization import Memorization, memorization

Draw = Callable[[Float[np.ndarray, "m q"]], Float[np.ndarray, "m k"]]
"""Condition features, a row each -> one generated row of coordinates at each."""


def memorization_at_conditions(
    draw: Draw,
    a: Float[np.ndarray, "n k"],
    features: Float[np.ndarray, "n q"],
    *,
    training: Int[np.ndarray, " t"],
    held_out: Int[np.ndarray, " h"],
    queries: int,
) -> Memorization:
    """Of the law that `draw` draws from.

    Args:
        draw: the sampler, called once.
        a: coordinates of all runs.
        features: of their conditions.
        training: which runs were learned from.
        held_out: which were not.
        queries: runs of either kind, at most, that samples are drawn at.
    """
    members, others = training[:queries], held_out[:queries]
    each = max(1, queries // (len(members) + len(others)))
    at = np.resize(others, max(each * len(others), min(queries, len(training))))
    where = np.concatenate([at, np.tile(members, each)])
    rows, generated = np.hstack([a, features]), np.hstack([draw(features[where]), features[where]])
    evenly = np.r_[: each * len(others), len(at) : len(where)]
    p = membership(generated[evenly], rows[members], rows[others])
    return memorization(generated[: len(at)], rows[others], rows[training], membership=p)
