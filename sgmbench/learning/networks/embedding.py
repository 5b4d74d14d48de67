"""Noise level and conditions as features, and how they modulate a layer.

    e    = silu(W [sin(2 pi f_j level), cos(2 pi f_j level), given]),     f_j from 1/16 to 4
    FiLM = (1 + gamma(e)) * norm(h) + beta(e)

gamma and beta, linear in e, start at zero. Source of FiLM: E. Perez et al., "FiLM: Visual Reasoning with a General
Conditioning Layer" (2018).
"""

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.networks.layers import Dense, rms_normalize

FREQUENCIES = 16


def fourier_features(level: Float[Array, " n"]) -> Float[Array, "n 32"]:
    """Sines and cosines of a noise level of order one, periods from 16 down to 1/4."""
    frequencies = 2 * jnp.pi * jnp.logspace(-4, 2, FREQUENCIES, base=2, dtype=jnp.float32)
    angles = level[:, None] * frequencies
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)


class Embedding(nnx.Module):
    """e of `width` features."""

    def __init__(self, width: int, given: int, rngs: nnx.Rngs) -> None:
        self.dense = Dense(2 * FREQUENCIES + given, width, rngs)

    def __call__(self, level: Float[Array, " n"], given: Float[Array, "n q"]) -> Float[Array, "n e"]:
        return nnx.silu(self.dense(jnp.concatenate([fourier_features(level), given], axis=-1)))


class Film(nnx.Module):
    """FiLM of `width` channels, alike at all points of a grid."""

    def __init__(self, embedding: int, width: int, rngs: nnx.Rngs) -> None:
        self.dense = Dense(embedding, 2 * width, rngs, zero=True)

    def __call__(self, h: Float[Array, "n *grid w"], e: Float[Array, "n e"]) -> Float[Array, "n *grid w"]:
        film = self.dense(e)
        gamma, beta = jnp.split(film.reshape(len(e), *[1] * (h.ndim - 2), -1), 2, axis=-1)
        return (1 + gamma) * rms_normalize(h) + beta
