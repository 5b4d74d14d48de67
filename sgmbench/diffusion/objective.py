"""Training objective: denoising at noise levels of some law, stratified over the minibatch.

    L = E w(t) |D(alpha y + sigma n; alpha, sigma, u) - y|^2 / k

Stratification draws one level from each of `batch` quantile strata, which takes the level's own variance out of the
gradient. Validation uses fixed levels and fixed noise, so that two scores differ by the parameters alone.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.core.devices import spread_within
from sgmbench.diffusion.levels import Law, training_times
from sgmbench.diffusion.noise import Level, Noise
from sgmbench.diffusion.precondition import Denoiser, Parameterization, Weight, denoiser, loss_weight

VALIDATION_LEVELS = 4

Data = tuple[Float[Array, "n k"], Float[Array, "n p"]]
"""(coordinates, condition features), float32."""


class Objective(NamedTuple):
    """What is minimized: the noise, what the network predicts, how levels are drawn and errors weighted."""

    noise: Noise
    parameterization: Parameterization
    weight: Weight
    law: Law
    log_mean: float
    log_sd: float

    def levels(self, quantile: Float[Array, " n"]) -> Level:
        """Noise levels of quantiles in (0, 1)."""
        t = training_times(self.noise, self.law, quantile, log_mean=self.log_mean, log_sd=self.log_sd)
        return self.noise.level(t)

    def denoiser(self, graph: Any, parameters: PyTree) -> Denoiser:
        """D of a network."""
        return denoiser(nnx.merge(graph, parameters), self.parameterization, self.noise)

    def loss(
        self,
        denoise: Denoiser,
        y: Float[Array, "n k"],
        given: Float[Array, "n q"],
        level: Level,
        noise: Float[Array, "n k"],
    ) -> Float[Array, ""]:
        """The mean weighted loss; with `edm` 1 for F = 0 and data of unit variance, whatever the level."""
        x = level.alpha[:, None] * y + level.sigma[:, None] * noise
        error = denoise(x, level, given) - y
        return jnp.mean(
            loss_weight(self.weight, self.parameterization, self.noise, level) * jnp.mean(error**2, axis=-1)
        )


def training_loss(
    graph: Any, objective: Objective, *, batch: int
) -> Callable[[PyTree, Data, Key[Array, ""]], Float[Array, ""]]:
    """Loss of one random minibatch, drawn by its key."""

    def of_minibatch(parameters: PyTree, data: Data, key: Key[Array, ""]) -> Float[Array, ""]:
        coordinates, features = data
        row_key, level_key, noise_key = jax.random.split(key, 3)
        rows = spread_within(jax.random.randint(row_key, (batch,), 0, len(coordinates)))
        offset = jax.random.uniform(level_key, (), jnp.float32)
        quantile = jnp.clip((jnp.arange(batch, dtype=jnp.float32) + offset) / batch, 1e-4, 1 - 1e-4)
        noise = jax.random.normal(noise_key, (batch, coordinates.shape[1]), jnp.float32)
        denoise = objective.denoiser(graph, parameters)
        return objective.loss(denoise, coordinates[rows], features[rows], objective.levels(quantile), noise)

    return of_minibatch


def loss_by_level(graph: Any, objective: Objective) -> Callable[[PyTree, Data], Float[Array, " levels"]]:
    """Mean loss over all rows at each fixed level, with noise that is always the same."""
    levels = objective.levels(validation_quantiles())

    def of_rows(parameters: PyTree, data: Data) -> Float[Array, " levels"]:
        coordinates, features = data
        denoise = objective.denoiser(graph, parameters)

        def at_level(i: Array) -> Float[Array, ""]:
            noise = jax.random.normal(jax.random.fold_in(jax.random.key(0), i), coordinates.shape, jnp.float32)
            level = Level(*(jnp.full(len(coordinates), part[i]) for part in levels))
            return objective.loss(denoise, coordinates, features, level, noise)

        return jax.lax.map(at_level, jnp.arange(VALIDATION_LEVELS))

    return of_rows


def validation_loss(graph: Any, objective: Objective) -> Callable[[PyTree, Data], Float[Array, ""]]:
    """The mean of `loss_by_level`."""
    by_level = loss_by_level(graph, objective)
    return lambda parameters, data: jnp.mean(by_level(parameters, data))


def validation_quantiles() -> Float[Array, " levels"]:
    """Midpoints of equal parts of the law of levels."""
    return jnp.asarray((np.arange(VALIDATION_LEVELS) + 0.5) / VALIDATION_LEVELS, jnp.float32)
