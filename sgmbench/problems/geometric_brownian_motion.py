"""Geometric Brownian motion, and two options on it.

    dS = r S dt + sigma S dW,   S(0) = 100,      r = 0.05,   sigma = 0.2,   T = 1,   K = 100

in n steps of h = T/n from the increments dW_i of one Brownian path, each step a factor

    Euler-Maruyama  S_(i+1) = S_i (1 + r h + sigma dW_i)                                strong order 1/2, weak order 1
    Milstein        S_(i+1) = S_i (1 + r h + sigma dW_i + sigma^2 (dW_i^2 - h) / 2)     strong order 1,   weak order 1

Outputs: S(T), the discounted payoffs of a European call, e^(-r T) max(S(T) - K, 0), and of a cash-or-nothing digital
call, e^(-r T) K 1{S(T) > K}. Moments are those of the equation (Black-Scholes), not of a scheme: with
S(T) = S(0) exp((r - sigma^2/2) T + sigma T^(1/2) n) and d_j = (log(S(0)/K) + (r + (j - 1/2) sigma^2) T) / sigma T^(1/2)

    E S(T)^j 1{S(T) > K} = S(0)^j exp((j r + j (j - 1) sigma^2 / 2) T) Phi(d_j),      j = 0, 1, 2.

The germ is in Brownian-bridge order: a level of n steps uses its first n coordinates, and its path is every second
point of the next finer one's.

Source: F. Black, M. Scholes, J. Polit. Econ. 81 (1973) 637-654; M. B. Giles, Oper. Res. 56 (2008) 607-617, whose
parameters these are.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import jax.numpy as jnp
from annotated_types import Ge
from jaxtyping import Array, Float
from scipy.stats import norm

from sgmbench.core.knowledge import KnownMoments, Moments
from sgmbench.core.layout import Field, Layout
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge, check_levels

S_0 = K = 100.0
r, sigma, T = 0.05, 0.2, 1.0


@dataclass(frozen=True)
class GeometricBrownianMotion(Traceable, Leveled, KnownMoments):
    """A stock price and two option payoffs by time stepping, with moments known from Black and Scholes.

    Attributes:
        steps: time steps of the finest level, a power of two; the length of the germ.
        level: how many times the step was doubled.
        scheme: how one step is made.
    """

    steps: Annotated[int, Ge(1)] = 64
    level: Annotated[int, Ge(0)] = 0
    scheme: Literal["milstein", "euler"] = "milstein"

    def __post_init__(self) -> None:
        check_levels(self.steps, self.level, coarsest=1)

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return self.steps

    @property
    def layout(self):
        return Layout((Field("stock", "USD"), Field("call", "USD"), Field("digital", "USD")))

    def simulate(self, z, xi):
        S_T = S_0 * jnp.prod(self._factors(xi[: self.steps >> self.level]))
        discount = math.exp(-r * T)
        return {
            "stock": S_T,
            "call": discount * jnp.maximum(S_T - K, 0.0),
            "digital": discount * jnp.where(S_T > K, K, 0.0).astype(S_T.dtype),
        }

    def coarser(self) -> "Leveled | None":
        return None if self.steps >> self.level == 1 else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level

    def moments(self, z):
        whole = [S_0**j * math.exp((j * r + j * (j - 1) * sigma**2 / 2) * T) for j in range(3)]
        d = [(math.log(S_0 / K) + (r + (j - 0.5) * sigma**2) * T) / (sigma * math.sqrt(T)) for j in range(3)]
        above = [each * float(norm.cdf(d_j)) for each, d_j in zip(whole, d, strict=True)]
        discount = math.exp(-r * T)
        return {
            "stock": _moments(whole[1], whole[2]),
            "call": _moments(
                discount * (above[1] - K * above[0]), discount**2 * (above[2] - 2 * K * above[1] + K**2 * above[0])
            ),
            "digital": _moments(discount * K * above[0], discount**2 * K**2 * above[0]),
        }

    def _factors(self, xi: Float[Array, " n"]) -> Float[Array, " n"]:
        """S_(i+1) / S_i."""
        h, dW = T / len(xi), jnp.diff(brownian_bridge(xi, T))
        euler = 1 + r * h + sigma * dW
        return euler if self.scheme == "euler" else euler + sigma**2 * (dW**2 - h) / 2


def _moments(first: float, second: float) -> Moments:
    """Mean and standard deviation of a scalar from its first two moments."""
    return Moments(jnp.asarray(first), jnp.asarray(math.sqrt(second - first**2)))
