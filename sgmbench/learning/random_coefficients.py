"""Variances as sums of squares: s_j(u)^2 = sum_m (f(u)' a_jm)^2 + e_j, m = 1 ... 3.

The variance of a model that is linear in random coefficients, y = sum_m (f(u)' a_m) xi_m, is of this form exactly; it
can fall to zero along a surface in u, where a log-linear variance cannot follow. Fitted by gamma quasi-likelihood with
Adam on minibatches, from random signs, or warm from an earlier fit.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key

TERMS = 3
BATCH = 1024

Coefficients = dict[str, np.ndarray]
"""a [p, d, terms], log_e [d] and scale [d], the mean square by which squares are divided."""


def fit_random_coefficients(
    features: Float[np.ndarray, "n p"],
    squares: Float[np.ndarray, "n d"],
    *,
    key: Key[Array, ""],
    start: Coefficients | None = None,
    steps: int = 2000,
    learning_rate: float = 0.02,
) -> Coefficients:
    """Fits the variances of squared residuals, from `start` where an earlier fit of the same shape is at hand."""
    start_key, batch_key = jax.random.split(key)
    start = start or _random_start(features, squares, start_key)
    parameters = {name: jnp.asarray(start[name], jnp.float32) for name in ("a", "log_e")}
    quotient = jnp.asarray(squares / start["scale"], jnp.float32)
    fitted = _run(parameters, jnp.asarray(features, jnp.float32), quotient, batch_key, learning_rate, steps=steps)
    return {name: np.asarray(value, float) for name, value in fitted.items()} | {"scale": start["scale"]}


def random_coefficient_variance(
    coefficients: Coefficients, features: Float[np.ndarray, "n p"]
) -> Float[np.ndarray, "n d"]:
    """s_j(u)^2."""
    h = np.einsum("np,pdm->ndm", features, coefficients["a"], optimize=True)
    return (np.sum(h**2, axis=-1) + np.exp(coefficients["log_e"])) * coefficients["scale"]


def _random_start(features: np.ndarray, squares: np.ndarray, key: Key[Array, ""]) -> Coefficients:
    p, d = features.shape[1], squares.shape[1]
    normal_key, sign_key = jax.random.split(key)
    a = np.array(jax.random.normal(normal_key, (p, d, TERMS), "float64")) * 0.3 / np.sqrt(p * TERMS)
    a[0] += np.asarray(jax.random.rademacher(sign_key, (d, TERMS), "float64")) / np.sqrt(TERMS)
    return {"a": a, "log_e": np.full(d, np.log(1e-5)), "scale": squares.mean(axis=0)}


@functools.partial(jax.jit, static_argnames="steps")
def _run(parameters, features, quotient, key, learning_rate, *, steps: int):
    schedule = optax.warmup_cosine_decay_schedule(0.0, 1.0, steps // 20, steps)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))
    rate = jnp.asarray(learning_rate, jnp.float32)

    def loss(p, f, q):
        variance = jnp.sum(jnp.einsum("np,pdm->ndm", f, p["a"]) ** 2, axis=-1) + jnp.exp(p["log_e"])
        return jnp.mean(q / variance + jnp.log(variance)) / 2

    def step(state, step_key):
        p, moments = state
        rows = jax.random.randint(step_key, (min(BATCH, len(features)),), 0, len(features))
        gradient = jax.grad(loss)(p, features[rows], quotient[rows])
        updates, moments = optimizer.update(gradient, moments, p)
        return (jax.tree.map(lambda x, dx: (x + rate * dx).astype(jnp.float32), p, updates), moments), None

    start = (parameters, optimizer.init(parameters))
    return jax.lax.scan(step, start, jax.random.split(key, steps))[0][0]
