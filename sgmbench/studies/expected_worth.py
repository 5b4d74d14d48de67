"""What N exact runs of a normal law are worth, by each score that is counted in runs, against a reference of n.

Equivalent runs by an error e are v / (E e^2 - v / n), v being what one run contributes as estimated from the reference
(`runner.variances`). For independent values, d of them,

    energy, mean          N
    standard deviation    N - 7/8:  E (s - sigma)^2 = 2 sigma^2 (1 - c_4(N)) = v / (N - 7/8) (1 + O(N^-2))
    quantile, CVaR        E e^2 of N and n rows is exact by `statistics.normal_samples`
    tail probability      thresholds are the reference's values of rank k + 1, P = 1 - k / n, a = (n - k) / (n + 1):
                          E e^2 = (w (1 - 1/N) + a (1 - a) / N) / (d P^2) + (n + 1)^-2,  w = a (1 - a) / (n + 2)

of which quantile and CVaR tend to N as N and n grow, and the tail probability where N d is small beside n^2: what the
rank of its threshold is off by, 1 / (n + 1), is no matter then. v of a quantile is too large, for its slope is taken
over a width of 2h (`statistics.quantile_variance`); of n rows

    E v = p (1 - p) E ((q_(p + h) - q_(p - h)) / 2h)^2.

Where fewer than ten rows are expected beyond a level it has no such meaning, and nothing is expected.

Source: N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions", vol. 1 (1994), 13.8 (c_4).
"""

from functools import cache

from scipy.stats import norm

from sgmbench.core.metric import Metric
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.tail_probability import TailProbability
from sgmbench.statistics.normal_samples import (
    cvar_moments,
    quantile_distance_square,
    quantile_moments,
    standardized_difference,
)
from sgmbench.statistics.quantile_variance import bandwidth

LEAST_BEYOND = 10  # rows
OF_NORMAL_SD = 7 / 8  # runs


def expected_worth(metric: Metric, level: float | None, *, runs: int, reference: int, dimension: int) -> float | None:
    """Of N runs, None where too few of them lie beyond the level.

    Args:
        metric: that the score is of.
        level: of the score, where it has one.
        runs: N.
        reference: n.
        dimension: d.
    """
    if level is not None and runs * min(level, 1 - level) < LEAST_BEYOND:
        return None
    match metric:
        case StandardDeviation():
            return runs - OF_NORMAL_SD
        case Quantiles() if level is not None:
            return _worth(_of_quantile(runs, reference, level), reference)
        case CVaR() if level is not None:
            return _worth(_of_cvar(runs, reference, level), reference)
        case TailProbability() if level is not None:
            return _worth(_of_tail(runs, reference, level, dimension), reference)
        case _:
            return float(runs)


def _worth(v_and_square: tuple[float, float], n: int) -> float:
    v, square = v_and_square
    return v / (square - v / n)


@cache
def _of_quantile(N: int, n: int, p: float) -> tuple[float, float]:
    """v and E e^2."""
    h = bandwidth(n, p)
    v = p * (1 - p) * quantile_distance_square(n, p - h, p + h) / (2 * h) ** 2
    return v, standardized_difference(quantile_moments(N, p), quantile_moments(n, p), n=n)


@cache
def _of_cvar(N: int, n: int, p: float) -> tuple[float, float]:
    """v and E e^2; the same for either tail."""
    q = float(norm.ppf(p))
    excess = float(norm.pdf(q)) - q * (1 - p)
    variance = (1 + q**2) * (1 - p) - q * float(norm.pdf(q)) - excess**2
    return variance / (1 - p) ** 2, standardized_difference(cvar_moments(N, p), cvar_moments(n, p), n=n)


def _of_tail(N: int, n: int, p: float, d: int) -> tuple[float, float]:
    """v and E e^2."""
    k = int(n * p)
    P, a = 1 - k / n, (n - k) / (n + 1)
    w = a * (1 - a) / (n + 2)
    return (1 - P) / (P * d), (w * (1 - 1 / N) + a * (1 - a) / N) / (d * P**2) + (n + 1) ** -2
