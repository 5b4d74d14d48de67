"""Differences of two methods over the same cases.

    d_i = a_i - b_i,      mean d +- sd(d) / sqrt(n)

What makes a case hard for both methods cancels, so that differences are told apart that the spread of the scores
themselves would hide.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Difference(NamedTuple):
    """Mean difference and its standard error; NaN for a single case."""

    mean: float
    standard_error: float


def paired_difference(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> Difference:
    """a minus b."""
    d = a - b
    return Difference(float(np.mean(d)), float(np.std(d, ddof=1) / np.sqrt(len(d))) if len(d) > 1 else float("nan"))
