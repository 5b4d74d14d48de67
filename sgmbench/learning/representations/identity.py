"""Identity: E(x; u) = x."""

from dataclasses import dataclass

import numpy as np

from sgmbench.learning.transform import Transform


@dataclass(frozen=True)
class Identity(Transform):
    """Nothing is changed: outputs as they are."""

    def fit(self, u, x, space):
        return {}

    def encode(self, arrays, u, x):
        return x

    def decode(self, arrays, u, a):
        return a

    def log_det(self, arrays, u, x):
        return np.zeros(len(x))
