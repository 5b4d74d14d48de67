"""Learning curve: how a squared bias falls with the runs learned from, and from how many runs on it is small enough.

    log b(N) = log A - a log N      least squares over the budgets N at which b > 0
    N* = (A / eps^2)^(1/a)          b(N*) = eps^2

A power law is what is seen between budgets, not a law of nature: a model of fixed size levels off. N* beyond 100 times
the largest budget is an extrapolation (`is_extrapolated`).

From R replicates, each with a curve of its own, log N* +- (t^2 s^2 / R + h^2)^1/2, s the sd of log N*_r, t as in
`statistics.intervals`. Replicates share the noise of one reference, of which h is what they cannot tell: with h_i the
half-width of log b(N_i), B budgets and x_i = log N_i, inverse regression has

    h^2 = sum over i of ((1/B + (log N* - mean x) (x_i - mean x) / sum over j of (x_j - mean x)^2) h_i / a)^2.

A fall steeper than N^-1, the rate of a mean, is that of a model which begins to learn, and does not last: the upper
end is no less than what the largest budget N_B takes at that rate, N_B b(N_B) / eps^2.

Sources: J. Hestness et al., "Deep learning scaling is predictable, empirically", arXiv:1712.00409 (2017); N. Draper and
H. Smith, "Applied Regression Analysis", 3rd ed. (1998), section 3.2, on inverse regression.
"""

import math
from collections.abc import Mapping, Sequence
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


def width_of_runs(curve: LearningCurve, runs: float, widths: Mapping[int, float]) -> float:
    """h: the half-width of log N* by those of log b, given for each budget of a curve that falls."""
    log_N = np.log(np.array(list(widths), float))
    centered = log_N - log_N.mean()
    weights = 1 / len(log_N) + (math.log(runs) - log_N.mean()) * centered / (centered @ centered)
    return float(np.linalg.norm(weights * np.array(list(widths.values())))) / curve.exponent


def interval_of_runs(
    pooled: float, each: Sequence[float], *, shared: float = 0.0, steady: float = 0.0
) -> tuple[float, float] | None:
    """Ends of the interval of N* from those of the replicates; None from fewer than two, or where one is infinite.

    Args:
        pooled: N* of their mean.
        each: N*_r.
        shared: h.
        steady: the runs that it takes at the rate of a mean; the upper end is no less.
    """
    if len(each) < 2 or not all(0 < runs < INFINITE for runs in (pooled, *each)):
        return None
    width = math.hypot(t_half_width(np.log(np.array(each, float))), shared)
    factor = math.exp(min(width, 700.0))
    return pooled / factor, max(pooled * factor, steady)


def is_extrapolated(runs: float, *, largest: int) -> bool:
    """Whether so many runs are beyond what a curve up to the largest budget can tell."""
    return runs > REACH * largest
