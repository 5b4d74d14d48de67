"""Ordinary differential equations to a tolerance, by Dormand and Prince's method of order 8 with adaptive steps.

The tolerance is absolute. For positive quantities solve for their logarithms: it is then relative in each of them,
however small it becomes, and none of them can turn negative.

Source: P. J. Prince, J. R. Dormand, J. Comput. Appl. Math. 7 (1981) 67-75.
"""

from collections.abc import Callable

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

MAX_STEPS = 4096
ROUNDING = 100  # units of rounding below which no tolerance can be met


def solve(
    f: Callable[[Float[Array, " d"]], Float[Array, " d"]],
    y_0: Float[Array, " d"],
    times: Float[np.ndarray, " n"],
    *,
    tolerance: float,
) -> Float[Array, "n d"]:
    """y at the times given, the first of them that of y_0; NaN where the solver fails.

    Args:
        f: right-hand side, autonomous.
        y_0: initial value.
        times: output times, increasing.
        tolerance: local error allowed in each component; raised to what the precision of y_0 can meet.
    """
    t = jnp.asarray(times, y_0.dtype)
    # steps end at the output times: interpolation in between would be less accurate than the solution
    attainable = max(tolerance, ROUNDING * float(jnp.finfo(y_0.dtype).eps))
    control = diffrax.PIDController(rtol=0.0, atol=attainable)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, args: f(y)),
        diffrax.Dopri8(),
        t0=t[0],
        t1=t[-1],
        dt0=None,
        y0=y_0,
        stepsize_controller=diffrax.ClipStepSizeController(control, step_ts=t),
        saveat=diffrax.SaveAt(ts=t),
        max_steps=MAX_STEPS,
        throw=False,
    )
    return jax.tree.map(lambda y: jnp.where(solution.result == diffrax.RESULTS.successful, y, jnp.nan), solution.ys)
