"""Learning curve: how a squared bias falls with the runs learned from, and from how many runs on it is small enough.

    log b(N) = log A - a log N      least squares over the budgets N at which b > 0
    N* = (A / eps^2)^(1/a)          b(N*) = eps^2

A power law is what is seen between budgets, not a law of nature: a model of fixed size levels off. N* beyond 100 times
the largest budget is an extrapolation (`is_extrapolated`).

From R replicates, each with a curve of its own, log N* +- t s / sqrt(R), s the sd of log N*_r, as in
`statistics.intervals`.

Source: J. Hestness et al., "Deep learning scaling is predictable, empirically", arXiv:1712.00409 (2017).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sgmbench.statistics.intervals import t_half_width

INFINITE = float("inf")
REACH = 100


@dataclass(frozen=True)
class LearningCurve:
    """b(N) = A N^-a.

    Attributes:
        log_amplitude: log A.
        exponent: a.
    """

    log_amplitude: float
    exponent: float

    def __call__(self, runs: float) -> float:
        """The squared bias from so many runs."""
        return math.exp(self.log_amplitude - self.exponent * math.log(runs))

    def runs_needed(self, tolerance: float) -> float:
        """N*; infinite where the bias does not fall."""
        if self.exponent <= 0:
            return INFINITE
        exponent = (self.log_amplitude - 2 * math.log(tolerance)) / self.exponent
        return math.exp(exponent) if exponent < 700 else INFINITE


def fit_learning_curve(budgets: Sequence[int], bias2: Sequence[float]) -> LearningCurve | None:
    """The power law through squared biases; None where fewer than two of them are positive and finite."""
    usable = [(N, b) for N, b in zip(budgets, bias2, strict=True) if 0 < b < INFINITE]
    if len({N for N, _ in usable}) < 2:
        return None
    log_N, log_b = np.log(np.array(usable, float)).T
    centered = log_N - log_N.mean()
    slope = float(centered @ log_b / (centered @ centered))
    return LearningCurve(float(log_b.mean()) - slope * float(log_N.mean()), -slope)


def interval_of_runs(pooled: float, each: Sequence[float]) -> tuple[float, float] | None:
    """Ends of the interval of N* from those of the replicates; None from fewer than two, or where one is infinite."""
    if len(each) < 2 or not all(0 < runs < INFINITE for runs in (pooled, *each)):
        return None
    factor = math.exp(min(t_half_width(np.log(np.array(each, float))), 700.0))
    return pooled / factor, pooled * factor


def is_extrapolated(runs: float, *, largest: int) -> bool:
    """Whether so many runs are beyond what a curve up to the largest budget can tell."""
    return runs > REACH * largest
