"""Priors as transports of a standard normal: z = T(zeta), zeta ~ N(0, 1).

Each prior is one map T with its distribution function F, so that F(T(zeta)) = Phi(zeta). The pair lets Monte Carlo draw
zeta, quasi-Monte Carlo transport Sobol points, and a regression see z as a uniform coordinate in [-1, 1].
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, ArrayLike, Float


class Prior(ABC):
    """The law of one uncertain parameter."""

    @abstractmethod
    def from_normal(self, zeta: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
        """Transport T: standard normal values to parameter values."""

    @abstractmethod
    def cdf(self, z: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
        """Distribution function F(z) in [0, 1]."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The closed interval outside of which the density vanishes."""


@dataclass(frozen=True)
class Uniform(Prior):
    """Uniform on [low, high]."""

    low: float
    high: float

    def from_normal(self, zeta):
        return self.low + (self.high - self.low) * norm.cdf(zeta)

    def cdf(self, z):
        return jnp.clip((jnp.asarray(z) - self.low) / (self.high - self.low), 0.0, 1.0)

    @property
    def support(self):
        return self.low, self.high


@dataclass(frozen=True)
class LogUniform(Prior):
    """log z uniform on [log low, log high]."""

    low: float
    high: float

    @property
    def _logarithm(self) -> Uniform:
        return Uniform(math.log(self.low), math.log(self.high))

    def from_normal(self, zeta):
        return jnp.exp(self._logarithm.from_normal(zeta))

    def cdf(self, z):
        return self._logarithm.cdf(jnp.log(z))

    @property
    def support(self):
        return self.low, self.high


@dataclass(frozen=True)
class Normal(Prior):
    """N(mean, sd^2)."""

    mean: float
    sd: float

    def from_normal(self, zeta):
        return self.mean + self.sd * jnp.asarray(zeta)

    def cdf(self, z):
        return norm.cdf(z, self.mean, self.sd)

    @property
    def support(self):
        return -float("inf"), float("inf")


@dataclass(frozen=True)
class LogNormal(Prior):
    """log z ~ N(mean, sd^2), mean and sd those of the logarithm."""

    mean: float
    sd: float

    def from_normal(self, zeta):
        return jnp.exp(self.mean + self.sd * jnp.asarray(zeta))

    def cdf(self, z):
        return norm.cdf(jnp.log(z), self.mean, self.sd)

    @property
    def support(self):
        return 0.0, float("inf")


class Empirical(Prior):
    """The law of recorded values, in between them linear.

    With distinct values v_1 < ... < v_k and M_j the share of values below v_j plus half the share of those equal to it,
    F(v_j) = (M_j - M_1) / (M_k - M_1): continuous and strictly increasing on [v_1, v_k] also where values repeat.

    Args:
        values: at least two of them different.
    """

    def __init__(self, values: Float[np.ndarray, " n"]) -> None:
        self.values, counts = np.unique(values, return_counts=True)
        middle = np.cumsum(counts) - counts / 2
        self.levels = (middle - middle[0]) / (middle[-1] - middle[0])

    def from_normal(self, zeta):
        return jnp.interp(norm.cdf(jnp.asarray(zeta)), self.levels, self.values)

    def cdf(self, z):
        return jnp.interp(jnp.asarray(z), self.values, self.levels)

    @property
    def support(self):
        return float(self.values[0]), float(self.values[-1])


@dataclass(frozen=True)
class Parameter:
    """One named entry of z: its unit and its prior."""

    name: str
    unit: str
    prior: Prior
