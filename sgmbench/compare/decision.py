"""Decision: how many more replicates would settle a row that is inconclusive, and what they cost.

Let xbar be the mean excess over the margin of R replicates and s their standard deviation. Were both to stay as they
are, R' replicates would settle the row, the least R' > R for which

    t_{.975, R' - 1} s / R'^(1/2) < |xbar|,

and where xbar > 0 also the p of no worsening, R' - 1 degrees of freedom and s as its own, is below the level over the
number of rows of its family. It is a plan, not a promise: s of few replicates is uncertain by a factor of two. Of
versions that took turns the replicates of a time are rounds, and a round is one of all cells.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from sgmbench.compare.judge import Estimate
from sgmbench.statistics.intervals import LEVEL

MOST = 1_000


@dataclass(frozen=True)
class Decision:
    """More replicates of one method at one budget, or more rounds, and what these cost.

    Attributes:
        replicates: how many more, or rounds.
        solver_runs: of all of them, in fine-run equivalents.
        seconds: of all of them, with compilation.
    """

    replicates: int
    solver_runs: float
    seconds: float


def more_replicates(estimate: Estimate, *, level: float, confidence: float = LEVEL) -> int | None:
    """How many more would decide; None where one replicate tells no spread, or where even a thousand would not.

    Args:
        estimate: of the replicates there are.
        level: at which the row's p has to be significant.
        confidence: of the interval.
    """
    R = len(estimate.excess)
    if R < 2:
        return None
    mean, s = float(estimate.excess.mean()), float(estimate.excess.std(ddof=1))
    more = np.arange(R + 1, R + 1 + MOST)
    settled = student.ppf((1 + confidence) / 2, more - 1) * s / np.sqrt(more) < abs(mean)
    if mean > 0:
        error = float(estimate.worsening.std(ddof=1)) / np.sqrt(more)
        settled &= student.isf(level, more - 1) * error < estimate.worsening.mean()
    return int(more[np.argmax(settled)]) - R if settled.any() else None
