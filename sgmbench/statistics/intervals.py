"""Student's interval of a mean over replicates.

    mean +- t s / sqrt(R),      t the quantile of Student's law with R - 1 degrees of freedom, s the sd over replicates

One replicate says nothing about its own spread: there is no interval then, rather than a made-up one.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

LEVEL = 0.95
TWO_SIDED = 1.96  # of a normal law


def t_interval(values: Float[np.ndarray, " r"], *, level: float = LEVEL) -> tuple[float, float] | None:
    """Ends of the interval of the mean of independent replicates, None for a single one."""
    if len(values) < 2:
        return None
    mean, half = float(np.mean(values)), t_half_width(values, level=level)
    return mean - half, mean + half


def t_half_width(values: Float[np.ndarray, " r"], *, level: float = LEVEL) -> float:
    """t s / sqrt(R) of at least two replicates."""
    R = len(values)
    return float(stdtrit(R - 1, (1 + level) / 2) * np.std(values, ddof=1) / np.sqrt(R))
