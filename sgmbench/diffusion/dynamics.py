"""The reverse dynamics as Diffrax terms, integrated forwards: stochastic Runge-Kutta methods need an increasing time.

In the noise's own time, s = -t, for the state x (see `noise`):

    dx = -(alpha' D + sigma' epsilon + eta^2 g^2 / (2 sigma) epsilon) ds + eta g dW

In lambda, for the state x / alpha, where every noise is the same and only exp(-lambda) = sigma / alpha is left:

    dx = (1 + eta^2) (D - x) dlambda + (2^1/2) eta exp(-lambda) dW

eta = 0 is the probability flow, eta = 1 the reverse SDE. The noise is additive: Ito and Stratonovich agree.
"""

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import lineax as lx
from jaxtyping import Array, Float

from sgmbench.diffusion.noise import Level, Noise

BatchDenoiser = Callable[[Float[Array, "n k"], Level, Any], Float[Array, "n k"]]
"""(x, level, args) -> D for a whole batch at one level of noise."""


def epsilon(denoise: BatchDenoiser, x: Array, level: Level, args: Any) -> Array:
    """The noise in x, as the denoiser estimates it."""
    return (x - level.alpha * denoise(x, level, args)) / level.sigma


def own_time_terms(
    denoise: BatchDenoiser, noise: Noise, *, eta: float = 0.0, path: diffrax.AbstractPath | None = None
) -> diffrax.AbstractTerm:
    """Terms in s = -t; `path` drives the noise where eta > 0."""

    def drift(s, x, args):
        t = -s
        level, rate = noise.level(t), noise.rates(t)
        D = denoise(x, level, args)
        noise_in_x = (x - level.alpha * D) / level.sigma
        pull = rate.sigma + (eta**2 * noise.g(t) ** 2 / (2 * level.sigma) if eta else 0)
        return -(rate.alpha * D + pull * noise_in_x)

    return _with_noise(drift, path, lambda s: eta * noise.g(-s))


def log_snr_terms(
    denoise: BatchDenoiser, *, eta: float = 0.0, path: diffrax.AbstractPath | None = None
) -> diffrax.AbstractTerm:
    """Terms in lambda."""

    def drift(lambda_, x, args):
        return (1 + eta**2) * (denoise(x, unscaled(lambda_), args) - x)

    return _with_noise(drift, path, lambda lambda_: 2**0.5 * eta * jnp.exp(-lambda_))


def unscaled(lambda_: Float[Array, "*n"]) -> Level:
    """alpha = 1 at this lambda."""
    return Level(jnp.ones_like(lambda_), jnp.exp(-lambda_))


def noise_term(path: diffrax.AbstractPath, amplitude: Callable[[Array], Array]) -> diffrax.ControlTerm:
    """amplitude(s) dW, never a dense diagonal."""
    structure: Any = path.shape  # pyright: ignore[reportAttributeAccessIssue]

    def vector_field(s, x, args):
        return amplitude(s).astype(structure.dtype) * lx.IdentityLinearOperator(structure)

    return diffrax.ControlTerm(vector_field, path)


def brownian_path(like: jax.ShapeDtypeStruct, key: Array, *, levy_area: bool) -> diffrax.UnsafeBrownianPath:
    """Fresh increments for every step of a fixed grid, with space-time Levy area where a solver needs it."""
    area = diffrax.SpaceTimeLevyArea if levy_area else diffrax.BrownianIncrement
    return diffrax.UnsafeBrownianPath(shape=like, key=key, levy_area=area)


def _with_noise(drift: Callable[..., Array], path: Any, amplitude: Callable[[Array], Array]) -> diffrax.AbstractTerm:
    flow = diffrax.ODETerm(drift)
    return flow if path is None else diffrax.MultiTerm(flow, noise_term(path, amplitude))
