"""A Generator whose fit is a training, named `learner:Learner` in configurations."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.learning.training import Training, train


def distance(parameters, data, key=None):
    """Of the mean from one random run, or from all."""
    y = data if key is None else data[jax.random.randint(key, (), 0, len(data))]
    return jnp.mean((parameters["mean"] - y) ** 2)


@dataclass(frozen=True)
class Learner(Generator):
    """Learns the mean of its runs by gradient descent, and samples its runs shifted to it."""

    training: Training = field(default_factory=Training)

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        y = jnp.asarray(pairs.learned, jnp.float32)
        start = {"mean": jnp.zeros(y.shape[1], jnp.float32)}
        options = {"plan": self.training, "key": key, "clock": clock, "progress": progress, "checkpoints": checkpoints}
        trained = train(distance, distance, start, y, y, **options)
        return {"mean": np.asarray(trained.parameters["mean"]), "learned": pairs.learned}

    def prepare(self, fit, *, clock):
        shifted = fit["learned"] - fit["learned"].mean(axis=0) + fit["mean"]
        return lambda at, n, key: shifted[np.arange(n) % len(shifted)]
