"""Memorization: whether generated rows lie nearer to the training rows than held-out rows do.

For each query the distances d1 <= d2 to its two nearest training rows. A copy is a query with d1 <= d2 / 3; a model
that has learned the law makes as many of them as held-out rows are, and as near. Distances of laws do not see copies:
they reward them. The verdict is by two one-sided tests at the level .01, Fisher's on the share of copies and Mann and
Whitney's on d1; a law that is too narrow is nearer to the training rows, too, and is told as leaning on them.

Source: A. Pinaya et al. (2022) and N. Carlini et al., "Extracting Training Data from Diffusion Models" (2023), for the
ratio of the two distances.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import fisher_exact, mannwhitneyu

COPY = 1 / 3
LEVEL = 0.01
BLOCK = 256
FEWEST_HELD_OUT = 8

Verdict = Literal["copies training runs", "leans on training runs", "no sign", "too few held-out runs to tell"]


@dataclass(frozen=True)
class Memorization:
    """What distances to the training rows tell.

    Attributes:
        nearest_ratio: median d1 of generated rows over that of held-out ones; 1 for a law that was learned,
            NaN where most held-out rows repeat training rows.
        copies: share of copies among generated rows.
        copies_held_out: share of "copies" among held-out rows, by chance.
        verdict: what the tests say.
    """

    nearest_ratio: float
    copies: float
    copies_held_out: float
    verdict: Verdict


def memorization(
    generated: Float[np.ndarray, "g k"], held_out: Float[np.ndarray, "h k"], training: Float[np.ndarray, "n k"]
) -> Memorization:
    """Compares generated with held-out rows, both beside the training rows, at least two."""
    (d1, copied), (d1_held_out, copied_held_out) = (_nearest(rows, training) for rows in (generated, held_out))
    ratio = float(np.median(d1) / np.median(d1_held_out)) if np.median(d1_held_out) > 0 else float("nan")
    verdict = _verdict(d1, copied, d1_held_out, copied_held_out)
    return Memorization(ratio, float(copied.mean()), float(copied_held_out.mean()), verdict)


def _nearest(
    rows: Float[np.ndarray, "m k"], training: Float[np.ndarray, "n k"]
) -> tuple[Float[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """d1 of each row, and whether the row is a copy."""
    squares = np.sum(training**2, axis=1)
    d1, d2 = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        nearest = np.argpartition(squares - 2 * rows[part] @ training.T, 1, axis=1)[:, :2]
        both = np.sort(np.linalg.norm(rows[part, None] - training[nearest], axis=2), axis=1)
        d1[part], d2[part] = both.T
    return d1, d1 <= COPY * d2


def _verdict(d1: np.ndarray, copied: np.ndarray, d1_held_out: np.ndarray, copied_held_out: np.ndarray) -> Verdict:
    if len(d1_held_out) < FEWEST_HELD_OUT:
        return "too few held-out runs to tell"
    table = [[int(each.sum()), int((~each).sum())] for each in (copied, copied_held_out)]
    more_copies: Any = fisher_exact(table, alternative="greater")
    if more_copies.pvalue < LEVEL:
        return "copies training runs"
    nearer: Any = mannwhitneyu(d1, d1_held_out, alternative="less")
    if nearer.pvalue < LEVEL:
        return "leans on training runs"
    return "no sign"
