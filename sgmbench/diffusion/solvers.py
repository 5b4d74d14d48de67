"""DPM-Solver++(2M) and its SDE form as one Diffrax solver.

In lambda = -log sigma, forwards, the reverse dynamics of x = y + sigma n are, for any eta >= 0,

    dx = (1 + eta^2) (D(x; sigma) - x) dlambda + sqrt(2) eta sigma dW,

eta = 0 the probability flow. Their linear part is solved exactly; with h = lambda_1 - lambda_0 and the second-order
multistep estimate Dbar = D_0 + (h / 2 h_prev)(D_0 - D_prev),

    x_1 = exp(-(1 + eta^2) h) x_0 + (1 - exp(-(1 + eta^2) h)) Dbar + sigma_1 sqrt(1 - exp(-2 eta^2 h)) xi.

The first step, without D_prev, takes Dbar = D_0. One denoiser evaluation a step. Source: C. Lu et al., "DPM-Solver++:
Fast Solver for Guided Sampling of Diffusion Probabilistic Models" (2022), algorithm 2 and the SDE form of its appendix.
"""

from typing import Any

import diffrax
import jax.numpy as jnp
from diffrax import RESULTS, AbstractTerm, LocalLinearInterpolation, MultiTerm
from jaxtyping import Array, Float

_State = tuple[Float[Array, "n k"], Float[Array, ""], Any]


class DPMSolverPP2M(diffrax.AbstractStratonovichSolver[_State]):
    """Second-order multistep exponential integrator for the terms of `sampling.reverse_terms`.

    The noise is additive, so that Ito and Stratonovich agree.

    The state carries the last denoised estimate, the last step and whether there was one.
    """

    eta: float = 0.0

    term_structure = AbstractTerm
    interpolation_cls = LocalLinearInterpolation

    def order(self, terms: AbstractTerm) -> int:
        """Of the probability flow."""
        return 2

    def strong_order(self, terms: AbstractTerm) -> float:
        """Of the SDE form with a nonlinear denoiser."""
        return 1.0

    def init(self, terms: AbstractTerm, t0: Any, t1: Any, y0: Array, args: Any) -> _State:
        return jnp.zeros_like(y0), jnp.ones_like(t0), jnp.array(False)

    def step(
        self, terms: AbstractTerm, t0: Any, t1: Any, y0: Array, args: Any, solver_state: _State, made_jump: Any
    ) -> tuple[Array, None, dict[str, Array], _State, RESULTS]:
        D_prev, h_prev, has_prev = solver_state
        h = t1 - t0
        rate = 1 + self.eta**2
        D = self._drift(terms).vf(t0, y0, args) / rate + y0
        D_bar = jnp.where(has_prev, D + h / (2 * h_prev) * (D - D_prev), D)
        y1 = jnp.exp(-rate * h) * y0 - jnp.expm1(-rate * h) * D_bar
        if isinstance(terms, MultiTerm):
            xi = terms.terms[1].contr(t0, t1) / jnp.sqrt(h)
            y1 = y1 + jnp.exp(-t1) * jnp.sqrt(-jnp.expm1(-2 * self.eta**2 * h)) * xi
        return y1, None, {"y0": y0, "y1": y1}, (D, h, jnp.array(True)), RESULTS.successful

    def func(self, terms: AbstractTerm, t0: Any, y0: Array, args: Any) -> Array:
        return self._drift(terms).vf(t0, y0, args)

    @staticmethod
    def _drift(terms: AbstractTerm) -> AbstractTerm:
        return terms.terms[0] if isinstance(terms, MultiTerm) else terms
