"""Judge: one error of one method at one budget, new against old, from the replicates of both.

Replicate r gives x_r = mean over conditions of log(new / old). With xbar -+ h the t-interval of its mean and the margin
m (a worsening of 10 % is tolerated by default) the error is

    beyond     xbar - h > log(1 + m)
    within     xbar + h < log(1 + m)
    across     neither, or there is one replicate and the two differ.

Estimates of a square that scatter around zero have no logarithm: of these the t-interval is that of new - (1 + m) old,
each the mean over conditions, against zero, and the ratio of means has Fieller's interval.
Rounds of two versions that take turns give x_k (`rounds`) in place of x_r. Times have heavy tails, and where a neighbor
works that is the rule: their center has the exact interval of Hodges and Lehmann (`statistics.signed_rank`), Student's
where rounds are too few for one.
What agrees to five digits, or is zero but for rounding on both sides, does not differ.

"Beyond" alone would be wrong by chance in 2.5 % of the rows at the margin; `family` holds the alarms of all rows.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from sgmbench.compare.errors_of import Error
from sgmbench.statistics.intervals import LEVEL, t_interval
from sgmbench.statistics.ratio_of_means import fieller_interval
from sgmbench.statistics.signed_rank import center, center_interval

Place = Literal["within", "beyond", "across"]
ROUNDING = 1e-9
"""Errors of which both are below do not differ: constraints that are met to the last digits."""

DIGITS = 1e-5
"""Relative difference below which two numbers do not differ: baselines keep six digits."""


@dataclass(frozen=True)
class Estimate:
    """One error of all replicates.

    Attributes:
        ratio: new over old; NaN where there is no number now, or where that of the old ones is not positive.
        low: lower end of its interval; None where there is none.
        high: upper end, likewise.
        place: of the interval, seen from the margin.
        worsening: of each replicate, in logarithms or in the unit of a square: zero on average where nothing changed.
        excess: of each replicate what is above the margin, in the same unit.
        is_log: whether these are logarithms.
    """

    ratio: float
    low: float | None
    high: float | None
    place: Place
    worsening: Float[np.ndarray, " r"]
    excess: Float[np.ndarray, " r"]
    is_log: bool = True

    @property
    def is_testable(self) -> bool:
        """Whether the two differ, in replicates that have a spread."""
        return len(self.worsening) > 1 and bool(np.any(self.worsening))


def judge(log_ratios: Float[np.ndarray, " r"], margin: float) -> Estimate:
    """From the paired log ratios of replicates."""
    return _judged(log_ratios, float(log_ratios.mean()), t_interval(log_ratios), margin)


def judge_rounds(log_ratios: Float[np.ndarray, " k"], margin: float, *, confidence: float = LEVEL) -> Estimate:
    """From the log ratios of rounds."""
    interval = center_interval(log_ratios, level=confidence) or t_interval(log_ratios, level=confidence)
    return _judged(log_ratios, center(log_ratios), interval, margin)


def _judged(
    log_ratios: Float[np.ndarray, " r"], middle: float, interval: tuple[float, float] | None, margin: float
) -> Estimate:
    ratio, excess = math.exp(middle), log_ratios - math.log1p(margin)
    if not np.any(log_ratios):
        return Estimate(1.0, 1.0, 1.0, "within", log_ratios, excess)
    if interval is None:
        return Estimate(ratio, None, None, "across", log_ratios, excess)
    low, high = (math.exp(edge) for edge in interval)
    place = "beyond" if low > 1 + margin else "within" if high < 1 + margin else "across"
    return Estimate(ratio, low, high, place, log_ratios, excess)


def judge_squares(old: Float[np.ndarray, " r"], new: Float[np.ndarray, " r"], margin: float) -> Estimate:
    """From paired estimates of either sign; the ratio is NaN where that of the old ones is not positive."""
    worsening = np.where(_alike(old, new), 0.0, new - old)
    excess = new - (1 + margin) * old
    if not np.any(worsening):
        return Estimate(1.0, 1.0, 1.0, "within", worsening, excess, is_log=False)
    ratio = float(new.mean() / old.mean()) if old.mean() > 0 else math.nan
    low, high = fieller_interval(new, old) or (None, None)
    beyond = t_interval(excess)
    place = "across" if beyond is None or beyond[0] <= 0 <= beyond[1] else "beyond" if beyond[0] > 0 else "within"
    return Estimate(ratio, low, high, place, worsening, excess, is_log=False)


def judge_errors(pairs: list[tuple[Error, Error]], margin: float) -> Estimate:
    """One error of all replicates, (old, new) of each."""
    if pairs and pairs[0][0].scatters:
        means = [(_mean_at(old, new), _mean_at(new, old)) for old, new in pairs if old.at.keys() & new.at.keys()]
        if means:
            before, after = np.array(means, float).T
            return judge_squares(before, after, margin)
    else:
        logs = [value for old, new in pairs if (value := _mean_log_ratio(old.at, new.at)) is not None]
        if logs:
            return judge(np.array(logs), margin)
    return Estimate(math.nan, None, None, "across", np.zeros(0), np.zeros(0))  # there before, and no number now


def _mean_at(error: Error, other: Error) -> float:
    """Over the conditions of both."""
    return float(np.mean([error.at[condition] for condition in error.at if condition in other.at]))


def _mean_log_ratio(old: dict[str, float], new: dict[str, float]) -> float | None:
    """Over the conditions where both are positive, or the same but for rounding: two errors of zero do not differ."""
    both = [(old[c], new[c]) for c in old if c in new]
    logs = [0.0 if _alike(a, b) else math.log(b / a) for a, b in both if _alike(a, b) or (a > 0 and b > 0)]
    return float(np.mean(logs)) if logs else None


def _alike(a: Any, b: Any) -> Any:
    largest = np.maximum(np.abs(a), np.abs(b))
    return (largest < ROUNDING) | (np.abs(a - b) <= DIGITS * largest)
