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

Smoothed, the digital call is its expectation given W up to T - d, d the step of the finest level, the last step being
Euler's. On a level of step h, with S = S(T - h) and dW = W(T - d) - W(T - h), for 1{S(T) > K} stands

    P = Phi((S (1 + r h + sigma dW) - K) / (sigma d^(1/2) S)),      E P^2 = Phi(d_0) - 2 T(d_0, (2 T/d - 1)^(-1/2))

for the equation, T(., .) being Owen's: two prices that part at T - d both exceed K. The mean of n steps is the same for
every d <= h, and the variance of the difference between levels falls as h^(3/2), that of the indicator as h.

Source: F. Black, M. Scholes, J. Polit. Econ. 81 (1973) 637-654; M. B. Giles, Oper. Res. 56 (2008) 607-617, whose
parameters these are; the smoothing: M. B. Giles, "Improved multilevel Monte Carlo convergence using the Milstein
scheme", MCQMC 2006 (2008) 343-358, section 4.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jaxtyping import Array, Float
from scipy.special import owens_t
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
        smoothed: whether the digital call is its expectation over the last step of the finest level.
    """

    steps: Annotated[int, Ge(1)] = 64
    level: Annotated[int, Ge(0)] = 0
    scheme: Literal["milstein", "euler"] = "milstein"
    smoothed: bool = False

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
        W = brownian_bridge(xi[: self.steps >> self.level], T)
        factors = self._factors(jnp.diff(W))
        S_T, discount = S_0 * jnp.prod(factors), math.exp(-r * T)
        above = self._above(W, S_0 * jnp.prod(factors[:-1]), xi) if self.smoothed else (S_T > K).astype(S_T.dtype)
        return {"stock": S_T, "call": discount * jnp.maximum(S_T - K, 0.0), "digital": discount * K * above}

    def coarser(self) -> "Leveled | None":
        return None if self.steps >> self.level == 1 else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level

    def moments(self, z):
        whole = [S_0**j * math.exp((j * r + j * (j - 1) * sigma**2 / 2) * T) for j in range(3)]
        d = [(math.log(S_0 / K) + (r + (j - 0.5) * sigma**2) * T) / (sigma * math.sqrt(T)) for j in range(3)]
        above = [each * float(norm.cdf(d_j)) for each, d_j in zip(whole, d, strict=True)]
        parted = 2 * float(owens_t(d[0], (2 * self.steps - 1) ** -0.5)) if self.smoothed else 0.0
        discount = math.exp(-r * T)
        return {
            "stock": _moments(whole[1], whole[2]),
            "call": _moments(
                discount * (above[1] - K * above[0]), discount**2 * (above[2] - 2 * K * above[1] + K**2 * above[0])
            ),
            "digital": _moments(discount * K * above[0], discount**2 * K**2 * (above[0] - parted)),
        }

    def _above(self, W: Float[Array, " points"], S: Float[Array, ""], xi: Float[Array, " steps"]) -> Float[Array, ""]:
        """P."""
        n, W_d = len(W) - 1, W[-2]
        h, d = T / n, T / self.steps
        while n < self.steps:  # to the midpoint of what is left
            W_d = (W_d + W[-1]) / 2 + math.sqrt(T / n) / 2 * xi[2 * n - 1]
            n *= 2
        return jax.scipy.stats.norm.cdf((S * (1 + r * h + sigma * (W_d - W[-2])) - K) / (sigma * math.sqrt(d) * S))

    def _factors(self, dW: Float[Array, " n"]) -> Float[Array, " n"]:
        """S_(i+1) / S_i."""
        h = T / len(dW)
        euler = 1 + r * h + sigma * dW
        return euler if self.scheme == "euler" else euler + sigma**2 * (dW**2 - h) / 2


def _moments(first: float, second: float) -> Moments:
    """Mean and standard deviation of a scalar from its first two moments."""
    return Moments(jnp.asarray(first), jnp.asarray(math.sqrt(max(second - first**2, 0.0))))
