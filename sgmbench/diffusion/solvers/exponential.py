"""The exponential step of the dynamics in lambda, exact where the denoised estimate is constant:

    x_1 = exp(-(1 + eta^2) h) x_0 + (1 - exp(-(1 + eta^2) h)) Dbar + exp(-lambda_1) (1 - exp(-2 eta^2 h))^(1/2) xi

`ExponentialEuler` takes Dbar = D(x_0; lambda_0): DDIM for eta = 0, of order 1 in h. Source: J. Song et al., "Denoising
Diffusion Implicit Models" (2021); Q. Zhang, Y. Chen, "Fast Sampling of Diffusion Models with Exponential Integrator"
(2023).
"""

from typing import Any

import diffrax
import jax.numpy as jnp
from diffrax import RESULTS, AbstractTerm, LocalLinearInterpolation, MultiTerm
from jaxtyping import Array


def drift_of(terms: Any) -> Any:
    """The term without noise."""
    return terms.terms[0] if isinstance(terms, MultiTerm) else terms


def denoised(terms: Any, lambda_: Array, x: Array, args: Any, eta: float) -> Array:
    """D from the drift (1 + eta^2) (D - x)."""
    return drift_of(terms).vf(lambda_, x, args) / (1 + eta**2) + x


def exponential_step(terms: Any, t0: Array, t1: Array, x: Array, D_bar: Array, eta: float) -> Array:
    """x_1."""
    h, rate = t1 - t0, 1 + eta**2
    x_1 = jnp.exp(-rate * h) * x - jnp.expm1(-rate * h) * D_bar
    if not isinstance(terms, MultiTerm):
        return x_1
    xi: Any = terms.terms[1].contr(t0, t1) / jnp.sqrt(h)
    return x_1 + jnp.exp(-t1) * jnp.sqrt(-jnp.expm1(-2 * eta**2 * h)) * xi


class ExponentialEuler(diffrax.AbstractStratonovichSolver[None]):
    """First-order exponential integrator for the terms of `dynamics.log_snr_terms`."""

    eta: float = 0.0

    term_structure = AbstractTerm
    interpolation_cls = LocalLinearInterpolation

    def order(self, terms: Any) -> int:
        return 1

    def strong_order(self, terms: Any) -> float:
        return 1.0

    def init(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any) -> None:
        return None

    def step(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any, solver_state: None, made_jump: Any) -> Any:
        y1 = exponential_step(terms, t0, t1, y0, denoised(terms, t0, y0, args, self.eta), self.eta)
        return y1, None, {"y0": y0, "y1": y1}, None, RESULTS.successful

    def func(self, terms: Any, t0: Any, y0: Array, args: Any) -> Array:
        return drift_of(terms).vf(t0, y0, args)
