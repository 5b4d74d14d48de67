"""DPM-Solver++(2M) and its SDE form: the exponential step with a second-order multistep estimate,

    Dbar = D_0 + (h / 2 h_prev) (D_0 - D_prev),

and Dbar = D_0 in the first step. One denoiser evaluation a step. Source: C. Lu et al., "DPM-Solver++: Fast Solver for
Guided Sampling of Diffusion Probabilistic Models" (2022), algorithm 2 and the SDE form of its appendix.
"""

from typing import Any

import diffrax
import jax.numpy as jnp
from diffrax import RESULTS, AbstractTerm, LocalLinearInterpolation
from jaxtyping import Array, Float

from sgmbench.diffusion.solvers.exponential import denoised, drift_of, exponential_step

_State = tuple[Float[Array, "n k"], Float[Array, ""], Any]


class DPMSolverPP2M(diffrax.AbstractStratonovichSolver[_State]):
    """Second-order multistep exponential integrator for the terms of `dynamics.log_snr_terms`.

    The state carries the last denoised estimate, the last step and whether there was one.
    """

    eta: float = 0.0

    term_structure = AbstractTerm
    interpolation_cls = LocalLinearInterpolation

    def order(self, terms: Any) -> int:
        """Of the probability flow."""
        return 2

    def strong_order(self, terms: Any) -> float:
        """Of the SDE form with a nonlinear denoiser."""
        return 1.0

    def init(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any) -> _State:
        return jnp.zeros_like(y0), jnp.ones_like(t0), jnp.array(False)

    def step(self, terms: Any, t0: Any, t1: Any, y0: Array, args: Any, solver_state: _State, made_jump: Any) -> Any:
        D_prev, h_prev, has_prev = solver_state
        h = t1 - t0
        D = denoised(terms, t0, y0, args, self.eta)
        D_bar = jnp.where(has_prev, D + h / (2 * h_prev) * (D - D_prev), D)
        y1 = exponential_step(terms, t0, t1, y0, D_bar, self.eta)
        return y1, None, {"y0": y0, "y1": y1}, (D, h, jnp.array(True)), RESULTS.successful

    def func(self, terms: Any, t0: Any, y0: Array, args: Any) -> Array:
        return drift_of(terms).vf(t0, y0, args)
