"""Eight points on a circle.

    y = R (cos(2 pi j / 8), sin(2 pi j / 8)),      j = floor(8 Phi(xi)),      R = 1

A law of points has no density. With noise it is a mixture of eight Gaussians, p(y) = 1/8 sum_j N(y; y_j, sigma^2), the
law that a diffusion model's noising gives; the score is (sum_j r_j y_j - y) / sigma^2 with r_j = P(j given y). It is
also what any training set of eight runs looks like to a model that has memorized it.
"""

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jax.scipy.stats import norm

from sgmbench.core.knowledge import KnownDensity, KnownMoments, Moments
from sgmbench.core.layout import Field, Layout
from sgmbench.core.problem import Traceable

ANGLES = 2 * np.pi * np.arange(8) / 8
POINTS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@dataclass(frozen=True)
class EightPoints(Traceable, KnownMoments, KnownDensity):
    """Eight equally likely points on the unit circle: a law with nothing between its values."""

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return 1

    @property
    def layout(self):
        return Layout((Field("y_1", "-"), Field("y_2", "-")))

    def simulate(self, z, xi):
        j = jnp.minimum(jnp.floor(8 * norm.cdf(xi[0])), 7).astype(int)
        y = jnp.asarray(POINTS, xi.dtype)[j]
        return {"y_1": y[0], "y_2": y[1]}

    def moments(self, z):
        return {name: Moments(jnp.zeros(()), jnp.asarray(math.sqrt(0.5))) for name in ("y_1", "y_2")}

    def log_density(self, y, z, *, sigma=0.0):
        """At sigma = 0: -inf, and +inf on the points."""
        squares = jnp.sum((y - POINTS) ** 2, axis=1)
        without_noise = jnp.where(jnp.min(squares) == 0, jnp.inf, -jnp.inf)
        variance = jnp.where(jnp.asarray(sigma) == 0, 1.0, jnp.asarray(sigma) ** 2)
        noisy = logsumexp(-squares / (2 * variance)) - jnp.log(8 * 2 * math.pi * variance)
        return jnp.where(jnp.asarray(sigma) == 0, without_noise, noisy)

    def score(self, y, z, *, sigma=0.0):
        """NaN at sigma = 0."""
        variance = jnp.asarray(sigma) ** 2
        squares = jnp.sum((y - POINTS) ** 2, axis=1)
        return (jax.nn.softmax(-squares / (2 * variance)) @ POINTS - y) / variance
