"""Stochastic differential equations with additive noise, in equal steps along a given Brownian path.

    dX = f(X) dt + s dW

Euler:   X+ = X + h f(X) + s dW                                  strong order 1, weak order 1
Heun:    X+ = X + h/2 (f(X) + f(X + h f(X) + s dW)) + s dW       strong order 1, weak order 2

With s constant the Ito and the Stratonovich solution are the same, and so are the schemes of Euler and Milstein.

Source: P. E. Kloeden, E. Platen, "Numerical Solution of Stochastic Differential Equations" (1992), sections 10.3, 15.1.
"""

from collections.abc import Callable
from typing import Literal

import diffrax
import jax
import jax.numpy as jnp
import lineax
from jaxtyping import Array, Float

from sgmbench.problems.numerics.germ_path import GermPath

Scheme = Literal["euler", "heun"]
SCHEMES = {"euler": diffrax.Euler(), "heun": diffrax.Heun()}


def integrate(
    f: Callable[[Float[Array, " d"]], Float[Array, " d"]],
    x_0: Float[Array, " d"],
    W: Float[Array, "points d"],
    *,
    s: Float[Array, ""],
    duration: float,
    scheme: Scheme,
    times: int = 1,
) -> Float[Array, "times d"]:
    """X at T/times, 2 T/times, ..., T; NaN where the solver fails.

    Args:
        f: drift.
        x_0: X(0).
        W: Brownian path at the ends of the n steps.
        s: size of the noise.
        duration: T.
        scheme: see above.
        times: number of outputs; divides n.
    """
    n = len(W) - 1
    t = jnp.linspace(0, duration, n + 1, dtype=x_0.dtype)
    identity = lineax.IdentityLinearOperator(jax.ShapeDtypeStruct(x_0.shape, x_0.dtype))
    noise = diffrax.ControlTerm(lambda t, x, args: s * identity, GermPath(W=W, t1=duration))
    solution = diffrax.diffeqsolve(
        diffrax.MultiTerm(diffrax.ODETerm(lambda t, x, args: f(x)), noise),
        SCHEMES[scheme],
        t0=t[0],
        t1=t[-1],
        dt0=None,
        y0=x_0,
        stepsize_controller=diffrax.StepTo(t),
        saveat=diffrax.SaveAt(steps=n // times),
        max_steps=n,
        throw=False,
    )
    return jax.tree.map(lambda x: jnp.where(solution.result == diffrax.RESULTS.successful, x, jnp.nan), solution.ys)
