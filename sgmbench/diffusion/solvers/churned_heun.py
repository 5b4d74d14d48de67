"""Heun's method with churn: before each step some noise is added anew, and the step begins where it belongs.

    ratio = sigma / alpha -> (1 + gamma) ratio,    gamma = min(churn / steps, 2^(1/2) - 1) inside of an interval

    x^ = (alpha^ / alpha) x + inflation (sigma^^2 - (alpha^ sigma / alpha)^2)^(1/2) xi,    then Heun from t^ to t_1

Source: T. Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), algorithm 2.
"""

from typing import Any

import diffrax
import equinox as eqx
import jax.numpy as jnp
from diffrax import RESULTS, LocalLinearInterpolation, MultiTerm
from jaxtyping import Array

from sgmbench.diffusion.noise import Noise


class ChurnedHeun(diffrax.AbstractStratonovichSolver[None]):
    """For the flow of `dynamics.own_time_terms` and a unit noise beside it, in s = -t."""

    noise: Noise = eqx.field(static=True)
    gamma: float
    lowest: float
    highest: float
    inflation: float

    term_structure = MultiTerm
    interpolation_cls = LocalLinearInterpolation

    def order(self, terms: Any) -> int:
        return 2

    def strong_order(self, terms: Any) -> float:
        return 0.5

    def init(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any) -> None:
        return None

    def step(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any, solver_state: None, made_jump: Any) -> Any:
        flow, path = terms.terms
        s, x = self._churn(t0, y0, path.contr(t0, t1) / jnp.sqrt(t1 - t0))
        h = t1 - s
        k_1 = flow.vf(s, x, args)
        k_2 = flow.vf(t1, x + h * k_1, args)
        y1 = x + h / 2 * (k_1 + k_2)
        return y1, None, {"y0": y0, "y1": y1}, None, RESULTS.successful

    def func(self, terms: Any, t0: Any, y0: Array, args: Any) -> Array:
        return terms.terms[0].vf(t0, y0, args)

    def _churn(self, s: Array, x: Array, xi: Array) -> tuple[Array, Array]:
        """(s^, x^)."""
        level = self.noise.level(-s)
        inside = (self.lowest <= level.ratio) & (level.ratio <= self.highest)
        gamma = jnp.where(inside, jnp.asarray(self.gamma, x.dtype), jnp.zeros((), x.dtype))
        t = self.noise.time(self.noise.lambda_(-s) - jnp.log1p(gamma))
        later = self.noise.level(t)
        shrunk = later.alpha / level.alpha
        added = jnp.sqrt(jnp.maximum(later.sigma**2 - (shrunk * level.sigma) ** 2, 0))
        return jnp.where(inside, -t, s), jnp.where(inside, shrunk * x + self.inflation * added * xi, x)
