"""Likelihood by the probability flow. In s = log(sigma / alpha), for the state x / alpha,

    dx/ds = x - D(x; 1, e^s),    d log p/ds = -div(x - D) = tr(dD/dx) - k

    log p(x_0) = log N(x_1; c, R R') - int (tr(dD/dx) - k) ds    from the smallest noise to the largest

The trace is exact, by k Jacobian-vector products, up to `EXACT` coordinates, and above Hutchinson's estimate
v'(dD/dx)v, averaged over some Rademacher v. What is found is the density of data with noise sigma_min / alpha_min
added. Sources: Y. Song et al. (2021), appendix D.2; W. Grathwohl et al., "FFJORD" (2019).
"""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.diffusion.dynamics import BatchDenoiser, unscaled
from sgmbench.diffusion.model import Model

EXACT = 16
TOLERANCE = 1e-5


def log_density(
    model: Model,
    x: Float[Array, "n k"],
    *,
    key: Key[Array, ""],
    args: Any,
    exact: bool | None = None,
    probes: int = 1,
    tolerance: float = TOLERANCE,
) -> Float[Array, " n"]:
    """log p of coordinates, in nats, in the dtype of x.

    Args:
        model: its noise gives the ends of the flow, its Gaussian law at the largest noise the prior.
        x: coordinates, rows of data.
        key: of Hutchinson's probes.
        args: passed through to the denoiser.
        exact: whether the trace is exact; up to `EXACT` coordinates by default.
        probes: v of each row, drawn once, where it is not.
        tolerance: relative and absolute, of the adaptive solve.
    """
    k = x.shape[1]
    trace = exact_trace if (k <= EXACT if exact is None else exact) else hutchinson(x, key, probes)
    low, high = (float(-end) for end in model.noise.lambdas(np.array([model.noise.t_min, model.noise.t_max])))

    def flow(s, state, args):
        y, _ = state
        D, diagonal = trace(lambda y: model.denoise(y, unscaled(-s), args), y)
        return y - D, diagonal - k

    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(flow),
        diffrax.Tsit5(),
        t0=jnp.asarray(low, x.dtype),
        t1=jnp.asarray(high, x.dtype),
        dt0=None,
        y0=(x, jnp.zeros(len(x), x.dtype)),
        args=args,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        saveat=diffrax.SaveAt(t1=True),
        adjoint=diffrax.ForwardMode(),
    )
    assert solution.ys is not None
    y, change = solution.ys
    return _log_normal(model, y[0]) - change[0]


def exact_trace(function: Any, y: Float[Array, "n k"]) -> tuple[Array, Array]:
    """(function(y), tr of its Jacobian) of each row, the function acting row by row."""
    value, push = jax.linearize(function, y)
    basis = jnp.eye(y.shape[1], dtype=y.dtype)
    diagonals = jax.lax.map(lambda e: push(jnp.broadcast_to(e, y.shape)) @ e, basis)
    return value, jnp.sum(diagonals, axis=0)


def hutchinson(like: Float[Array, "n k"], key: Key[Array, ""], probes: int = 1) -> Any:
    """The trace by the mean over fixed probes, drawn for each row."""
    v = jax.random.rademacher(key, (probes, *like.shape), like.dtype)

    def trace(function: Any, y: Array) -> tuple[Array, Array]:
        value, push = jax.linearize(function, y)
        return value, jnp.mean(jax.lax.map(lambda probe: jnp.sum(probe * push(probe), axis=1), v), axis=0)

    return trace


def _log_normal(model: Model, x: Float[Array, "n k"]) -> Float[Array, " n"]:
    """log of the law at the largest noise, in coordinates divided by alpha."""
    with jax.ensure_compile_time_eval():
        alpha = float(model.noise.alpha(jnp.asarray(model.noise.t_max, "float64")))
    center, root = model.center / alpha, model.root / alpha
    white = (x - jnp.asarray(center, x.dtype)) @ jnp.asarray(np.linalg.inv(root).T, x.dtype)
    log_det = np.linalg.slogdet(root)[1]
    return -jnp.sum(white**2, axis=1) / 2 - float(log_det) - x.shape[1] * float(np.log(2 * np.pi)) / 2


def denoiser_of_score(score: Any) -> BatchDenoiser:
    """D = y + ratio^2 s(y; ratio), y = x / alpha, ratio = sigma / alpha: the denoiser of a known score.

    Args:
        score: s(y, ratio) of y = data + ratio n, for one row.
    """

    def denoise(x, level, args):
        ratio = level.ratio
        y = x / level.alpha
        return y + ratio**2 * jax.vmap(lambda row: score(row, ratio))(y)

    return denoise
