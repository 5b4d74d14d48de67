"""Reach: how probably a comparison finds a loss, and passes equal code, given how much a row varies.

Let a replicate's log ratio have mean log L and standard deviation s, and T_f(delta) be noncentral Student's with f
degrees of freedom. A loss by the factor L is a regression where the interval is beyond the margin m, and the mean
significant among the M rows of the family (`family`):

    T_{R-1}(R^(1/2) (log L - log(1 + m)) / s) > t_{(1+c)/2, R-1}   and   T_f(R^(1/2) log L / s) > t_{1 - l/M, f},

c the confidence of the interval, l the level of the family, Bonferroni's bound in place of Holm's. The probability of
both is at least the sum of the two less one, which is what is given. Equal code passes with probability

    P(T_{R-1}(R^(1/2) log(1 + m) / s) > t_{(1+c)/2, R-1}).

Squares of mean mu, of either sign, have new - (1 + m) old in place of the logarithm: its mean is (L - 1 - m) mu, and
its standard deviation s mu (L^2 + (1 + m)^2)^(1/2) / 2^(1/2), where that of a square grows with its mean.

P(T_f(delta) > t) = E Phi(delta - t (V/f)^(1/2)), V of chi^2 with f degrees, by the mean over 512 quantiles of V.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr
from scipy.stats import chi2
from scipy.stats import t as student

from sgmbench.compare.family import BORROWED

NODES = (np.arange(512) + 0.5) / 512


@dataclass(frozen=True)
class Reach:
    """What a row can tell.

    Attributes:
        spread: s, standard deviation of a pair's log ratio, or that of a square's difference over its mean.
        is_log: whether it is of logarithms.
        confidence: c.
        level: l / M.
        borrowed: degrees of freedom that the other rows of the family lend.
    """

    spread: float
    is_log: bool
    confidence: float
    level: float
    borrowed: float = 0.0

    def found(self, loss: float, *, margin: Any, pairs: int) -> Any:
        """Least probability that a loss is found, for each margin."""
        own = pairs - 1
        freedom = min(own + self.borrowed, BORROWED * own)
        beyond = _exceeds(self._shift(loss, margin) * np.sqrt(pairs), own, (1 - self.confidence) / 2)
        significant = _exceeds(self._shift(loss, 0.0) * np.sqrt(pairs), freedom, self.level)
        return np.maximum(0.0, beyond + significant - 1)

    def passes(self, *, margin: float, pairs: int) -> float:
        """Probability that equal code is shown to be within the margin."""
        return float(_exceeds(-self._shift(1.0, margin) * np.sqrt(pairs), pairs - 1, (1 - self.confidence) / 2))

    def _shift(self, loss: float, margin: Any) -> Any:
        """Mean excess over the margin, in standard deviations of a pair."""
        margin = np.asarray(margin, float)
        if self.is_log:
            return (np.log(loss) - np.log1p(margin)) / self.spread
        return (loss - 1 - margin) * np.sqrt(2) / (self.spread * np.sqrt(loss**2 + (1 + margin) ** 2))


def _exceeds(delta: Any, freedom: float, level: float) -> Float[np.ndarray, "..."]:
    """P(T_f(delta) > t_{1 - level, f})."""
    root = np.sqrt(chi2.ppf(NODES, freedom) / freedom)
    return ndtr(np.asarray(delta)[..., None] - student.isf(level, freedom) * root).mean(axis=-1)
