"""Training objective: denoising at noise levels ln sigma ~ N(mean, sd^2), stratified over the minibatch.

Stratification draws one level from each of `batch` quantile strata, which takes the level's own variance out of the
gradient. Validation uses four fixed levels and fixed noise, so that two scores differ by the parameters alone.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.scipy.special import ndtri
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.diffusion.precondition import denoiser, loss

VALIDATION_LEVELS = 4

Data = tuple[Float[Array, "n k"], Float[Array, "n p"]]
"""(coordinates, condition features), float32."""


def training_loss(
    graph: Any, *, batch: int, log_sigma_mean: float, log_sigma_sd: float
) -> Callable[[PyTree, Data, Key[Array, ""]], Float[Array, ""]]:
    """Loss of one random minibatch, drawn by its key."""

    def of_minibatch(parameters: PyTree, data: Data, key: Key[Array, ""]) -> Float[Array, ""]:
        coordinates, features = data
        row_key, level_key, noise_key = jax.random.split(key, 3)
        rows = jax.random.randint(row_key, (batch,), 0, len(coordinates))
        offset = jax.random.uniform(level_key, (), jnp.float32)
        quantile = jnp.clip((jnp.arange(batch, dtype=jnp.float32) + offset) / batch, 1e-4, 1 - 1e-4)
        sigma = jnp.exp(log_sigma_mean + log_sigma_sd * ndtri(quantile))
        noise = jax.random.normal(noise_key, (batch, coordinates.shape[1]), jnp.float32)
        return loss(denoiser(nnx.merge(graph, parameters)), coordinates[rows], features[rows], sigma, noise)

    return of_minibatch


def validation_loss(
    graph: Any, *, log_sigma_mean: float, log_sigma_sd: float
) -> Callable[[PyTree, Data], Float[Array, ""]]:
    """Mean loss over all held-out rows at each fixed level, with noise that is always the same."""
    quantiles = (jnp.arange(VALIDATION_LEVELS, dtype=jnp.float32) + 0.5) / VALIDATION_LEVELS
    levels = jnp.exp(log_sigma_mean + log_sigma_sd * ndtri(quantiles))

    def of_held_out(parameters: PyTree, data: Data) -> Float[Array, ""]:
        coordinates, features = data
        denoise = denoiser(nnx.merge(graph, parameters))

        def at_level(i: Array) -> Float[Array, ""]:
            noise = jax.random.normal(jax.random.fold_in(jax.random.key(0), i), coordinates.shape, jnp.float32)
            sigma = jnp.full(len(coordinates), levels[i])
            return loss(denoise, coordinates, features, sigma, noise)

        return jnp.mean(jax.lax.map(at_level, jnp.arange(VALIDATION_LEVELS)))

    return of_held_out
