"""The Ornstein-Uhlenbeck process: a path that is drawn back to zero.

    dX = -theta X dt + dW,      X(0) = x_0

at t_i = i h, i = 1 ... n, h = T/n, by its exact transition, whatever h:

    X_i = e^(-theta h) X_(i-1) + ((1 - e^(-2 theta h)) / 2 theta)^(1/2) n_i

with independent standard normal n_i, the increments of a Brownian bridge over the germ. At z = (theta, x_0) the path is
Gaussian:

    E X(t) = x_0 e^(-theta t),      Cov(X(t), X(t')) = (e^(-theta |t - t'|) - e^(-theta (t + t'))) / 2 theta

Over the prior, x_0 ~ N(0, 1) takes the mean away and adds e^(-theta (t + t')) to the covariance; theta, log-uniform on
[a, b], leaves an integral over log theta: exponential integrals for the moments, 64 Gauss-Legendre nodes (exact to
round-off for paths of moderate length) for the density.

Source: G. E. Uhlenbeck, L. S. Ornstein, Phys. Rev. 36 (1930) 823-841; D. T. Gillespie, Phys. Rev. E 54 (1996) 2084.
"""

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt
from jax.scipy.linalg import cho_factor, cho_solve
from jax.scipy.special import logsumexp
from jax.scipy.stats import multivariate_normal
from jaxtyping import Array, Float
from scipy.special import exp1

from sgmbench.core.knowledge import Condition, KnownDensity, KnownMoments, Moments
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import LogUniform, Normal, Parameter
from sgmbench.core.problem import Traceable
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge, check_levels

SLOWEST, FASTEST = 0.5, 2.0  # a, b in 1/s
NODES = 64


class Laws(NamedTuple):
    """The Gaussian laws that the path's law is a mixture of, one row each."""

    log_weight: Float[np.ndarray, " q"]
    mean: Float[np.ndarray, "q n"]
    covariance: Float[np.ndarray, "q n n"]


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Traceable, KnownMoments, KnownDensity):
    """A random path drawn back to zero, sampled exactly; its rate and initial value are conditions.

    Attributes:
        steps: n, a power of two.
        duration: T in s.
    """

    steps: Annotated[int, Ge(1)] = 64
    duration: Annotated[float, Gt(0)] = 4.0

    def __post_init__(self) -> None:
        check_levels(self.steps, 0, coarsest=1)

    @property
    def parameters(self):
        return Parameter("rate", "1/s", LogUniform(SLOWEST, FASTEST)), Parameter("initial", "-", Normal(0.0, 1.0))

    @property
    def germ_dimension(self):
        return self.steps

    @property
    def layout(self):
        return Layout((Field("path", "-", (Axis("t", "s", tuple(self.times.tolist())),)),))

    @property
    def times(self) -> Float[np.ndarray, " n"]:
        """t_i; X(0) is a parameter and not among them."""
        return np.arange(1, self.steps + 1) * self.duration / self.steps

    def simulate(self, z, xi):
        theta, x_0 = z
        h = self.duration / self.steps
        decay, spread = jnp.exp(-theta * h), jnp.sqrt(-jnp.expm1(-2 * theta * h) / (2 * theta))
        n = jnp.diff(brownian_bridge(xi, float(self.steps)))

        def transition(x, n_i):
            x = decay * x + spread * n_i
            return x, x

        return {"path": jax.lax.scan(transition, x_0, n)[1]}

    def moments(self, z):
        t = self.times
        if z is None:
            length = math.log(FASTEST / SLOWEST)
            decayed = (exp1(2 * SLOWEST * t) - exp1(2 * FASTEST * t)) / length  # E e^(-2 theta t)
            grown = t * decayed + (_variance(SLOWEST, t) - _variance(FASTEST, t)) / length
            return {"path": Moments(jnp.zeros(len(t)), jnp.sqrt(jnp.asarray(decayed + grown)))}
        theta, x_0 = z
        return {"path": Moments(jnp.asarray(x_0 * np.exp(-theta * t)), jnp.sqrt(jnp.asarray(_variance(theta, t))))}

    def log_density(self, y, z, *, sigma=0.0):
        return logsumexp(self._log_parts(y, self._laws(z), sigma))

    def score(self, y, z, *, sigma=0.0):
        laws = self._laws(z)

        def score_of_one(mean, covariance):
            return -cho_solve(cho_factor(covariance + sigma**2 * jnp.eye(self.steps)), y - mean)

        scores = jax.vmap(score_of_one)(jnp.asarray(laws.mean), jnp.asarray(laws.covariance))
        return jax.nn.softmax(self._log_parts(y, laws, sigma)) @ scores

    def _log_parts(self, y: Float[Array, " n"], laws: Laws, sigma: float | Array) -> Float[Array, " q"]:
        covariance = laws.covariance + sigma**2 * jnp.eye(self.steps)
        log_densities = jax.vmap(multivariate_normal.logpdf, in_axes=(None, 0, 0))(y, laws.mean, covariance)
        return jnp.asarray(laws.log_weight) + log_densities

    def _laws(self, z: Condition) -> Laws:
        """One law at z, a mixture over the nodes of theta where z is None."""
        t = self.times
        if z is None:
            x, w = np.polynomial.legendre.leggauss(NODES)
            theta = math.sqrt(SLOWEST * FASTEST) * (FASTEST / SLOWEST) ** (x / 2)
            x_0, spread_of_x_0 = 0.0, 1.0
        else:
            theta, w, x_0, spread_of_x_0 = np.asarray(z[:1]), np.full(1, 2.0), z[1], 0.0
        rate = theta[:, None, None]
        apart, together = (np.exp(-rate * each) for each in (np.abs(np.subtract.outer(t, t)), np.add.outer(t, t)))
        covariance = (apart - together) / (2 * rate) + spread_of_x_0**2 * together
        return Laws(np.log(w / 2), x_0 * np.exp(-np.outer(theta, t)), covariance)


def _variance(theta: float, t: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Var X(t) at fixed x_0."""
    return -np.expm1(-2 * theta * t) / (2 * theta)
