"""How far the mean of repeated scores is off by chance."""

import numpy as np


def mean_and_error(values):
    """The mean of independent values (along the first axis), and its standard error."""
    return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
