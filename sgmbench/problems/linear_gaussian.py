"""A linear model with a Gaussian prior and Gaussian noise: the posterior is conjugate.

    y = A z,      A_kl = c^|k - l|,      z ~ N(0, s_0^2 I),      data = y + s n,      s_0^2 = s^2 = 0.1

    P(z given data) = N(mu, Sigma),      Sigma = (I/s_0^2 + A^T A/s^2)^(-1),      mu = Sigma A^T data / s^2

c = 0 is the benchmark of Lueckmann et al., `gaussian_linear`; with c > 0 each instrument sees its neighbors' parameters
too, and the posterior is correlated.

Source: J.-M. Lueckmann, J. Boelts, D. Greenberg, P. Goncalves, J. Macke, AISTATS (2021) 343-351.
"""

from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Lt
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from sgmbench.core.knowledge import KnownMoments, KnownPosterior, Moments
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Traceable


@dataclass(frozen=True)
class WhiteNoise(Observation):
    """Every value of y, with independent noise of standard deviation s."""

    values: int
    s: float

    @property
    def size(self):
        return self.values

    def mean(self, fields):
        return fields["y"]

    def sample(self, key, fields):
        return fields["y"] + self.s * jax.random.normal(key, (self.values,), fields["y"].dtype)

    def log_density(self, data, fields):
        return jnp.sum(norm.logpdf(data, fields["y"], self.s))


@dataclass(frozen=True)
class LinearGaussian(Traceable, Observed, KnownMoments, KnownPosterior):
    """A linear model of Gaussian parameters seen through Gaussian noise, with its exact posterior.

    Attributes:
        dimension: of z, y and the data.
        coupling: c.
        prior_sd: s_0.
        noise_sd: s.
    """

    dimension: Annotated[int, Ge(1)] = 10
    coupling: Annotated[float, Ge(0), Lt(1)] = 0.5
    prior_sd: Annotated[float, Gt(0)] = 0.1**0.5
    noise_sd: Annotated[float, Gt(0)] = 0.1**0.5

    @property
    def parameters(self):
        return tuple(Parameter(f"z_{k}", "-", Normal(0.0, self.prior_sd)) for k in range(1, self.dimension + 1))

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        instrument = Axis("instrument", "-", tuple(float(k) for k in range(1, self.dimension + 1)))
        return Layout((Field("y", "-", (instrument,)),))

    @property
    def observation(self):
        return WhiteNoise(self.dimension, self.noise_sd)

    def simulate(self, z, xi):
        return {"y": jnp.asarray(self.matrix, z.dtype) @ z}

    def moments(self, z):
        if z is not None:
            return {"y": Moments(jnp.asarray(self.matrix @ np.asarray(z)), jnp.zeros(self.dimension))}
        return {
            "y": Moments(jnp.zeros(self.dimension), jnp.asarray(self.prior_sd * np.linalg.norm(self.matrix, axis=1)))
        }

    def posterior_covariance(self) -> Float[np.ndarray, "d d"]:
        """Sigma, the same for all data."""
        return np.linalg.inv(np.eye(self.dimension) / self.prior_sd**2 + self.matrix.T @ self.matrix / self.noise_sd**2)

    def posterior_mean(self, data: Float[Array, " d"]) -> Float[Array, " d"]:
        """mu."""
        return jnp.asarray(self.posterior_covariance() @ self.matrix.T) @ data / self.noise_sd**2

    def sample_posterior(self, data, *, n, key):
        n_01 = jax.random.normal(key, (n, self.dimension), data.dtype)
        return self.posterior_mean(data) + n_01 @ np.linalg.cholesky(self.posterior_covariance()).T

    @property
    def matrix(self) -> Float[np.ndarray, "d d"]:
        """A."""
        k = np.arange(self.dimension)
        return float(self.coupling) ** np.abs(np.subtract.outer(k, k))
