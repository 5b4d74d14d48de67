"""Bootstrap: the training runs themselves, resampled.

For a marginal target it is the empirical measure, worth N runs and no more. For a conditional target the runs at the
nearest conditions stand for the condition: their spread is right where the law changes slowly, their mean is off by
what it changes over the neighborhood.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import jax
import numpy as np
from annotated_types import Ge

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.surrogates.neighbors import nearest, neighbor_count


@dataclass(frozen=True)
class Bootstrap(Generator):
    """Training runs at the nearest conditions, resampled.

    Attributes:
        neighbors: how many runs stand for a condition; n^(4/(4+q)) by default.
    """

    resamples: ClassVar[bool] = True

    neighbors: Annotated[int, Ge(1)] | None = None

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        return {"given": pairs.given, "learned": pairs.learned}

    def prepare(self, fit, *, clock):
        given, learned = fit["given"], fit["learned"]
        count = neighbor_count(len(given), given.shape[1], self.neighbors)

        def sample(at, n, key):
            rows = nearest(given, at, count)
            return learned[rows[np.asarray(jax.random.randint(key, (n,), 0, len(rows)))]]

        return sample
