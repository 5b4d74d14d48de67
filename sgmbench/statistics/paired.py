"""Two methods over the same cases: differences, ratios, and whether they could be chance.

    d_i = a_i - b_i,      mean d +- sd(d) / sqrt(n)

What makes a case hard for both methods cancels, so that differences are told apart that the spread of the scores
themselves would hide. Errors are compared by d_i = log(a_i / b_i): their ratio, with Student's interval and test. The
sign-flip test asks for no law of d but symmetry: p is the share of the 2^n patterns of signs whose mean is as far from
zero as that of d, so it is never below 2 / 2^n.

Source: R. A. Fisher, "The Design of Experiments" (1935), section 21.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from sgmbench.statistics.intervals import LEVEL, t_half_width

MOST_FLIPPED = 16  # cases of which all patterns of signs are tried
_ROUNDING = 1e-12


class Difference(NamedTuple):
    """Mean difference and its standard error; NaN for a single case."""

    mean: float
    standard_error: float


class Ratio(NamedTuple):
    """Geometric mean of a / b with its interval, and Student's p of being 1; NaN for a single case."""

    value: float
    low: float
    high: float
    p: float


def paired_difference(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> Difference:
    """a minus b."""
    d = a - b
    return Difference(float(np.mean(d)), float(np.std(d, ddof=1) / np.sqrt(len(d))) if len(d) > 1 else float("nan"))


def paired_ratio(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"], *, level: float = LEVEL) -> Ratio:
    """a over b, positive numbers; of cases where either is not, nothing can be said."""
    if np.any(a <= 0) or np.any(b <= 0):
        return Ratio(*[float("nan")] * 4)
    d = np.log(a / b)
    value = float(np.exp(np.mean(d)))
    if len(d) < 2:
        return Ratio(value, float("nan"), float("nan"), float("nan"))
    factor = float(np.exp(t_half_width(d, level=level)))
    p = _student_p(d)
    return Ratio(value, value / factor, value * factor, p)


def _student_p(d: Float[np.ndarray, " n"]) -> float:
    """Two-sided p of a mean of zero."""
    error = float(np.std(d, ddof=1)) / np.sqrt(len(d))
    if error == 0:
        return float(np.all(d == 0))
    return float(2 * student.sf(abs(np.mean(d)) / error, len(d) - 1))


def sign_flip_p(d: Float[np.ndarray, " n"]) -> float:
    """Two-sided p of differences that are as likely as their opposites.

    Raises:
        ValueError: more than 16 cases, whose patterns of signs are too many to try.
    """
    if len(d) > MOST_FLIPPED:
        raise ValueError(f"{len(d)} cases have too many patterns of signs; give {MOST_FLIPPED} at most")
    signs = 1.0 - 2.0 * (np.arange(2 ** len(d))[:, None] >> np.arange(len(d)) & 1)
    means = np.abs(signs @ d)
    return float(np.mean(means >= means[0] * (1 - _ROUNDING)))
