"""Memorization: whether a model gives its training rows back.

For each query the distances d1 <= d2 to its two nearest training rows. A copy is a query with d1 <= d2 / 3; a model
that has learned the law makes as many of them as held-out rows are. Distances of laws do not see copies: they reward
them. The verdict is by two one-sided tests at the level .01: Fisher's on the share of copies, which no scale changes,
and `membership` on whether generated rows lie nearer to training than to held-out rows. A law that is too narrow passes
both; the ratio of d1 falls then, too, and is told beside them for its size alone.

Either test is as good with few held-out rows as with many when it raises an alarm; its silence then says nothing.

Source: A. Pinaya et al. (2022) and N. Carlini et al., "Extracting Training Data from Diffusion Models" (2023), for the
ratio of the two distances.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import fisher_exact

from sgmbench.learning.nearest_rows import nearest_distances

COPY = 1 / 3
LEVEL = 0.01
FEWEST_HELD_OUT = 8

Verdict = Literal[
    "copies training runs",
    "leans on training runs",
    "no sign",
    "too few held-out runs to tell",
    "no finite samples to judge",
]


@dataclass(frozen=True)
class Memorization:
    """What distances to the training rows tell.

    Attributes:
        nearest_ratio: median d1 of generated rows over that of held-out ones; 1 for a law that was learned, less for
            copies and for a law too narrow, NaN where most held-out rows repeat training rows.
        copies: share of copies among generated rows.
        copies_held_out: share of "copies" among held-out rows, by chance.
        membership: p-value of "generated rows are no nearer to training than to held-out rows".
        not_judged: share of generated rows that are NaN or infinite.
        verdict: what the tests say.
    """

    nearest_ratio: float
    copies: float
    copies_held_out: float
    membership: float
    not_judged: float
    verdict: Verdict


def memorization(
    generated: Float[np.ndarray, "g k"],
    held_out: Float[np.ndarray, "h k"],
    training: Float[np.ndarray, "n k"],
    *,
    membership: float,
) -> Memorization:
    """Compares generated with held-out rows, both beside the training rows, at least two.

    Args:
        generated: rows at the conditions of held-out ones.
        held_out: of the law to be learned.
        training: what was learned from.
        membership: of generated rows, by `membership`.
    """
    finite = np.isfinite(generated).all(axis=1)
    d1_held_out, copied_held_out = _nearest(held_out, training)
    if not finite.any():
        nan = float("nan")
        return Memorization(nan, nan, float(copied_held_out.mean()), nan, 1.0, "no finite samples to judge")
    d1, copied = _nearest(generated[finite], training)
    ratio = float(np.median(d1) / np.median(d1_held_out)) if np.median(d1_held_out) > 0 else float("nan")
    return Memorization(
        nearest_ratio=ratio,
        copies=float(copied.mean()),
        copies_held_out=float(copied_held_out.mean()),
        membership=membership,
        not_judged=float(np.mean(~finite)),
        verdict=_verdict(copied, copied_held_out, membership),
    )


def _nearest(
    rows: Float[np.ndarray, "m k"], training: Float[np.ndarray, "n k"]
) -> tuple[Float[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """d1 of each row, and whether the row is a copy."""
    d1, d2 = nearest_distances(rows, training, count=2).T
    return d1, d1 <= COPY * d2


def _verdict(copied: np.ndarray, copied_held_out: np.ndarray, membership: float) -> Verdict:
    table = [[int(each.sum()), int((~each).sum())] for each in (copied, copied_held_out)]
    more_copies: Any = fisher_exact(table, alternative="greater")
    if more_copies.pvalue < LEVEL:
        return "copies training runs"
    if membership < LEVEL:
        return "leans on training runs"
    return "no sign" if len(copied_held_out) >= FEWEST_HELD_OUT else "too few held-out runs to tell"
