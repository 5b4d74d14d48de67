"""Residual multilayer perceptron with FiLM conditioning.

    h_0     = W_in x
    h_{b+1} = h_b + W2 silu( (1 + gamma_b(e)) * norm(W1 h_b) + beta_b(e) ),     b = 0 ... blocks - 1
    F       = W_out norm(h_blocks)

e, half as wide, embeds the noise level (Fourier features) and the given features. W2 and W_out start at zero: the
network begins as the zero map. Source of FiLM: E. Perez et al., "FiLM: Visual Reasoning with a General Conditioning
Layer" (2018).
"""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.network import Network

FREQUENCIES = 16


@dataclass(frozen=True)
class MLP(Network):
    """Dense residual blocks, each modulated by noise level and conditions.

    Attributes:
        width: of the hidden layers.
        blocks: residual blocks.
    """

    width: Annotated[int, Ge(8)] = 256
    blocks: Annotated[int, Ge(1)] = 3

    def build(self, *, geometry, given, rngs):
        return ResidualMLP(self, size=geometry.size, given=given, rngs=rngs)


def _dense(inputs: int, outputs: int, rngs: nnx.Rngs, *, zero: bool = False) -> nnx.Linear:
    init = nnx.initializers.zeros_init() if zero else nnx.initializers.lecun_normal()
    return nnx.Linear(inputs, outputs, kernel_init=init, dtype=jnp.float32, param_dtype=jnp.float32, rngs=rngs)


class ResidualMLP(nnx.Module):
    """The module of `MLP`."""

    def __init__(self, spec: MLP, *, size: int, given: int, rngs: nnx.Rngs) -> None:
        width = spec.width
        self.embed = _dense(2 * FREQUENCIES + given, width // 2, rngs)
        self.enter = _dense(size, width, rngs)
        self.blocks = nnx.List([Block(width, rngs) for _ in range(spec.blocks)])
        self.leave = _dense(width, size, rngs, zero=True)

    def __call__(
        self, x: Float[Array, "n k"], level: Float[Array, " n"], given: Float[Array, "n q"]
    ) -> Float[Array, "n k"]:
        e = nnx.silu(self.embed(jnp.concatenate([fourier_features(level), given], axis=-1)))
        h = self.enter(x)
        for block in self.blocks:
            h = block(h, e)
        return self.leave(_rms_normalize(h))


class Block(nnx.Module):
    """One residual block."""

    def __init__(self, width: int, rngs: nnx.Rngs) -> None:
        self.first = _dense(width, width, rngs)
        self.film = _dense(width // 2, 2 * width, rngs, zero=True)
        self.second = _dense(width, width, rngs, zero=True)

    def __call__(self, h: Float[Array, "n w"], e: Float[Array, "n e"]) -> Float[Array, "n w"]:
        gamma, beta = jnp.split(self.film(e), 2, axis=-1)
        return h + self.second(nnx.silu((1 + gamma) * _rms_normalize(self.first(h)) + beta))


def fourier_features(level: Float[Array, " n"]) -> Float[Array, "n 32"]:
    """Sines and cosines of a noise level of order one, periods from 16 down to 1/4."""
    frequencies = 2 * jnp.pi * jnp.logspace(-4, 2, FREQUENCIES, base=2, dtype=jnp.float32)
    angles = level[:, None] * frequencies
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)


def _rms_normalize(h: Float[Array, "n w"]) -> Float[Array, "n w"]:
    return h * (jnp.mean(h**2, axis=-1, keepdims=True) + 1e-6) ** -0.5
