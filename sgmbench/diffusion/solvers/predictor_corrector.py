"""Predictor and corrector: an Euler-Maruyama step, then one step of Langevin dynamics at the new noise level.

    x^  = x_0 + f(t_0, x_0) h + g(t_0) dW
    x_1 = x^ + tau s(t_1, x^) + (2 tau)^(1/2) xi

with s the score at t_1 and tau a function of t_1, both in the terms that the solver is given. Source: Y. Song et al.,
"Score-Based Generative Modeling through Stochastic Differential Equations" (2021), algorithms 2 and 4.
"""

from typing import Any

import diffrax
import jax.numpy as jnp
from diffrax import RESULTS, LocalLinearInterpolation, MultiTerm
from jaxtyping import Array


class PredictorCorrector(diffrax.AbstractItoSolver[None]):
    """For four terms: drift and noise of the predictor, tau s and (2 tau)^(1/2) of the corrector."""

    term_structure = MultiTerm
    interpolation_cls = LocalLinearInterpolation

    def order(self, terms: Any) -> int:
        return 1

    def strong_order(self, terms: Any) -> float:
        return 0.5

    def init(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any) -> None:
        return None

    def step(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any, solver_state: None, made_jump: Any) -> Any:
        drift, noise, pull, kick = terms.terms
        x = y0 + (t1 - t0) * drift.vf(t0, y0, args) + noise.vf_prod(t0, y0, args, noise.contr(t0, t1))
        xi = kick.contr(t0, t1) / jnp.sqrt(t1 - t0)
        y1 = x + pull.vf(t1, x, args) + kick.vf_prod(t1, x, args, xi)
        return y1, None, {"y0": y0, "y1": y1}, None, RESULTS.successful

    def func(self, terms: Any, t0: Any, y0: Array, args: Any) -> Array:
        return terms.terms[0].vf(t0, y0, args)
