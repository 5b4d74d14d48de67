"""The steps of every fixed-step sampler as a `lax.scan` by hand, for `edm` noise: what Diffrax is timed against.

Each is a function of (denoise(x, level), x, times from the largest noise down, key), with fresh normals in every step.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from sgmbench.diffusion.noise import Level

SNR = 0.16


def at(denoise: Any, x: Array, sigma: Array) -> Array:
    """D at alpha = 1."""
    return denoise(x, Level(jnp.ones_like(sigma), sigma))


def scanned(step: Callable[..., Any], carry: Callable[[Array], Any] = lambda x: x) -> Callable[..., Array]:
    """Steps (denoise, state, t_0, t_1, key) -> state over the grid, then D at its end."""

    def run(denoise: Any, x: Array, t: Array, key: Array) -> Array:
        def body(state: Any, inputs: Any) -> tuple[Any, None]:
            t_0, t_1, i = inputs
            return step(denoise, state, t_0, t_1, jax.random.fold_in(key, i)), None

        state, _ = jax.lax.scan(body, carry(x), (t[:-1], t[1:], jnp.arange(len(t) - 1)))
        return at(denoise, state[0] if isinstance(state, tuple) else state, t[-1])

    return run


def normal(key: Array, x: Array) -> Array:
    """Standard normals like x."""
    return jax.random.normal(key, x.shape, x.dtype)


def euler_maruyama(denoise: Any, x: Array, t_0: Array, t_1: Array, key: Array) -> Array:
    h = t_0 - t_1
    return x + 2 * h / t_0 * (at(denoise, x, t_0) - x) + jnp.sqrt(2 * t_0 * h) * normal(key, x)


def heun(denoise: Any, x: Array, t_0: Array, t_1: Array, key: Array) -> Array:
    d = (x - at(denoise, x, t_0)) / t_0
    y = x + (t_1 - t_0) * d
    return x + (t_1 - t_0) / 2 * (d + (y - at(denoise, y, t_1)) / t_1)


def exponential_euler(denoise: Any, x: Array, t_0: Array, t_1: Array, key: Array) -> Array:
    return t_1 / t_0 * x + (1 - t_1 / t_0) * at(denoise, x, t_0)


def multistep(eta: float) -> Callable[..., Any]:
    def step(denoise: Any, state: Any, t_0: Array, t_1: Array, key: Array) -> Any:
        x, D_prev, h_prev, has_prev = state
        h, rate, D = jnp.log(t_0 / t_1), 1 + eta**2, at(denoise, x, t_0)
        bar = jnp.where(has_prev, D + h / (2 * h_prev) * (D - D_prev), D)
        x = jnp.exp(-rate * h) * x - jnp.expm1(-rate * h) * bar
        if eta:
            x = x + t_1 * jnp.sqrt(-jnp.expm1(-2 * eta**2 * h)) * normal(key, x)
        return x, D, h, jnp.array(True)

    return step


def start(x: Array) -> Any:
    """No step before the first."""
    return x, jnp.zeros_like(x), jnp.ones((), x.dtype), jnp.array(False)


def predictor_corrector(denoise: Any, x: Array, t_0: Array, t_1: Array, key: Array) -> Array:
    first, second = jax.random.split(key)
    x = euler_maruyama(denoise, x, t_0, t_1, first)
    tau = 2 * (SNR * t_1) ** 2
    return x + tau / t_1**2 * (at(denoise, x, t_1) - x) + jnp.sqrt(2 * tau) * normal(second, x)


def stochastic_runge_kutta(c: float, b: tuple[float, float], first_h: float, second_h: float) -> Callable[..., Any]:
    """Two stages for additive noise; H is the space-time Levy area."""

    def step(denoise: Any, x: Array, t_0: Array, t_1: Array, key: Array) -> Array:
        key_w, key_h = jax.random.split(key)
        h = t_0 - t_1
        W, H = jnp.sqrt(h) * normal(key_w, x), jnp.sqrt(h / 12) * normal(key_h, x)
        g_0, g_1 = jnp.sqrt(2 * t_0), jnp.sqrt(2 * t_1)
        f_1 = drift(denoise, x + g_0 * first_h * H, t_0)
        f_2 = drift(denoise, x + c * h * f_1 + g_0 * (c * W + second_h * H), t_0 - c * h)
        return x + h * (b[0] * f_1 + b[1] * f_2) + g_0 * W + (g_1 - g_0) * (W / 2 - H)

    return step


def drift(denoise: Any, x: Array, t: Array) -> Array:
    """Of the reverse SDE, as time falls."""
    return 2 / t * (at(denoise, x, t) - x)


SCANS: dict[str, Callable[..., Array]] = {
    "euler_maruyama": scanned(euler_maruyama),
    "exponential_euler": scanned(exponential_euler),
    "predictor_corrector": scanned(predictor_corrector),
    "heun": scanned(heun),
    "dpmpp_2m": scanned(multistep(0.0), start),
    "dpmpp_2m_sde": scanned(multistep(1.0), start),
    "sra1": scanned(stochastic_runge_kutta(3 / 4, (1 / 3, 2 / 3), 0.0, 3 / 2)),
    "shark": scanned(stochastic_runge_kutta(5 / 6, (0.4, 0.6), 1.0, 1.0)),
}
