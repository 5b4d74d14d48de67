"""Weights of rows, normalized, and how much of them belongs to pairs of different runs."""

import numpy as np
from jaxtyping import Float

from sgmbench.core.samples import Samples


def normalized_weights(samples: Samples) -> Float[np.ndarray, " n"]:
    """w_i that sum to 1."""
    return samples.weights / samples.weights.sum()


def independent_weight(samples: Samples) -> float:
    """sum of w_i w_j over pairs of different runs, 1 - sum_r W_r^2 with W_r the weight of run r.

    It is 1 - 1/n for n equally weighted runs, and NaN where all weight is on one run: nothing can be said of a spread.
    """
    _, where = np.unique(samples.run, return_inverse=True)
    weight = 1 - float(np.sum(np.bincount(where, normalized_weights(samples)) ** 2))
    return weight if weight > 1e-12 else float("nan")
