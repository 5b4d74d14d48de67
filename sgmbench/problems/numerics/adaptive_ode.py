"""Ordinary differential equations to a tolerance, by Dormand and Prince's method of order 8 with adaptive steps.

    y' = f(y, p),  y(t_0) = y_0;          S = dy/dp,  S' = f_y S + f_p,  S(t_0) = 0

The tolerance is absolute. For positive quantities solve for their logarithms: it is then relative in each of them,
however small it becomes, and none of them can turn negative.

Derivatives are those of the steps that were taken, with their sizes held fixed. The sensitivities S go forwards with y,
a column for each parameter, and a gradient is a product with them: with few parameters much cheaper than going back
through an unknown number of steps, and the same number.

Source: P. J. Prince, J. R. Dormand, J. Comput. Appl. Math. 7 (1981) 67-75.
"""

from collections.abc import Callable
from functools import partial

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

MAX_STEPS = 4096
ROUNDING = 100  # units of rounding below which no tolerance can be met


def solve(
    f: Callable[[Float[Array, " d"], Float[Array, " p"]], Float[Array, " d"]],
    y_0: Float[np.ndarray, " d"],
    times: Float[np.ndarray, " n"],
    parameters: Float[Array, " p"],
    *,
    tolerance: float,
) -> Float[Array, "n d"]:
    """y at the times given, the first of them that of y_0; NaN where the solver fails.

    Args:
        f: right-hand side, autonomous, of y and p; what else is in it is not differentiated.
        y_0: initial value, which is fixed.
        times: output times, increasing.
        parameters: p; their precision is that of the solution.
        tolerance: local error allowed in each component; raised to what the precision can meet.
    """

    steps = partial(_steps, f, tolerance, MAX_STEPS, *(np.asarray(each, parameters.dtype) for each in (y_0, times)))

    @jax.custom_jvp
    def solution(p: Float[Array, " p"]) -> Float[Array, "n d"]:
        return steps(p)

    @solution.defjvp
    def with_sensitivities(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        S, y = jax.jacfwd(lambda p: 2 * (steps(p),), has_aux=True)(*primals)
        return y, S @ tangents[0]

    return solution(parameters)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _steps(
    f: Callable[[Float[Array, " d"], Float[Array, " p"]], Float[Array, " d"]],
    tolerance: float,
    most: int,
    y_0: Float[Array, " d"],
    t: Float[Array, " n"],
    p: Float[Array, " p"],
) -> Float[Array, "n d"]:
    """Traced once for each f, however often a program solves it."""
    # steps end at the output times: interpolation in between would be less accurate than the solution
    attainable = max(tolerance, ROUNDING * float(jnp.finfo(p.dtype).eps))
    control = diffrax.PIDController(rtol=0.0, atol=attainable)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, args: f(y, args)),
        diffrax.Dopri8(),
        t0=t[0],
        t1=t[-1],
        dt0=None,
        y0=y_0,
        args=p,
        stepsize_controller=diffrax.ClipStepSizeController(control, step_ts=t),
        saveat=diffrax.SaveAt(ts=t),
        adjoint=diffrax.ForwardMode(),
        max_steps=most,
        throw=False,
    )
    return jax.tree.map(lambda y: jnp.where(solution.result == diffrax.RESULTS.successful, y, jnp.nan), solution.ys)
