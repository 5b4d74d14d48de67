"""A Generator that knows a posterior, named `exact:Exact` in configurations."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from sgmbench.core.method import Generator
from sgmbench.problems.linear_gaussian import LinearGaussian

LINEAR = LinearGaussian(dimension=2, coupling=0.6)


@dataclass(frozen=True)
class Exact(Generator):
    """P(z given data of zero), in units of the prior, by a factor too wide; it learns nothing."""

    spread: float = 1.0

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        return {"nothing": np.zeros(1)}

    def prepare(self, fit, *, clock):
        def sample(at, n, key):
            return self.spread / LINEAR.prior_sd * np.asarray(LINEAR.sample_posterior(jnp.zeros(2), n=n, key=key))

        return sample
