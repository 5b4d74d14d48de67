"""Noise: how data are drowned, as time t runs from t_min to t_max.

    x_t = alpha(t) y + sigma(t) n,    n ~ N(0, I),    lambda(t) = log(alpha(t) / sigma(t)) falling in t

Every family is one path through the same laws: x_t / alpha(t) = y + exp(-lambda) n, whatever alpha is. So a denoiser
that was trained along one path can be sampled along another at equal lambda, and `time` converts. What differs is what
a time-stepping scheme sees: the probability flow and, for any eta >= 0, the reverse dynamics

    dx/dt = alpha' D + sigma' epsilon,    epsilon = (x - alpha D) / sigma,    D = E[y given x_t = x]
    dx = (alpha' D + sigma' epsilon + eta^2 g^2 / (2 sigma) epsilon) dt + eta g dW (t falling)
    g^2 = -2 sigma^2 lambda'

Networks and samplers work in float32, which holds no square beyond 3e38 and no number between 1 - 6e-8 and 1: families
refuse ends where sigma / alpha, which errors of D grow to, passes 1e15, or where t cannot be told from 1.

Source: Y. Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations" (2021); D. Kingma,
R. Gao, "Understanding Diffusion Objectives as the ELBO with Simple Data Augmentation" (2023), for the one path.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import sgmbench.core  # noqa: F401  (64-bit JAX: grids are float64)

Time = Float[Array, "*n"]
MOST_RATIO = 1e15
LATEST = 1 - 1e-6


def check_largest(name: str, sigma: float) -> None:
    """Raises ValueError for a largest noise that float32 cannot square; data are not scaled."""
    if sigma > MOST_RATIO:
        raise ValueError(f"{name}: {sigma} is noise whose square float32 cannot hold; write {MOST_RATIO:.0e} at most")


def check_start(t: float) -> None:
    """Raises ValueError for a `start` that float32 rounds to 1, or nearly so."""
    if t > LATEST:
        raise ValueError(f"start: {t} is nearer to 1 than float32 tells apart; write {LATEST} at most")


class Level(NamedTuple):
    """alpha and sigma of x = alpha y + sigma n: all that a denoiser needs to know of the noise."""

    alpha: Time
    sigma: Time

    @property
    def ratio(self) -> Time:
        """exp(-lambda): the standard deviation of the noise beside data that are not scaled."""
        return self.sigma / self.alpha


class Noise(ABC):
    """One family: alpha and sigma as functions of time, and time as a function of lambda.

    `has_sde`: whether the family is defined by a stochastic process, which can be run backwards.
    """

    has_sde: ClassVar[bool] = True

    @property
    @abstractmethod
    def t_min(self) -> float:
        """Where sampling ends; what is left of the noise there is taken out by one evaluation of D."""

    @property
    @abstractmethod
    def t_max(self) -> float:
        """Where sampling begins."""

    @abstractmethod
    def alpha(self, t: Time) -> Time:
        """How much of the data is left."""

    @abstractmethod
    def sigma(self, t: Time) -> Time:
        """Standard deviation of the noise."""

    @abstractmethod
    def time(self, lambda_: Time) -> Time:
        """The inverse of `lambda_`."""

    def lambda_(self, t: Time) -> Time:
        """log(alpha / sigma), half the log signal-to-noise ratio."""
        return jnp.log(self.alpha(t)) - jnp.log(self.sigma(t))

    def lambdas(self, times: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """lambda of a grid, in float64."""
        with jax.ensure_compile_time_eval():
            return np.asarray(self.lambda_(jnp.asarray(times, "float64")))

    def times(self, lambdas: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """The inverse of `lambdas`."""
        with jax.ensure_compile_time_eval():
            return np.asarray(self.time(jnp.asarray(lambdas, "float64")))

    def level(self, t: Time) -> Level:
        """alpha and sigma."""
        return Level(self.alpha(t), self.sigma(t))

    def rates(self, t: Time) -> Level:
        """alpha' and sigma', the derivatives in t."""
        one = (jnp.ones_like(t),)
        return Level(jax.jvp(self.alpha, (t,), one)[1], jax.jvp(self.sigma, (t,), one)[1])

    def velocity(self, t: Time) -> Level:
        """(a, b) of what a network predicts as velocity, v = a y + b n."""
        return self.rates(t)

    def g(self, t: Time) -> Time:
        """Amplitude of the Brownian motion in the forward and the reverse dynamics."""
        rate = jax.jvp(self.lambda_, (t,), (jnp.ones_like(t),))[1]
        return self.sigma(t) * jnp.sqrt(-2 * rate)
