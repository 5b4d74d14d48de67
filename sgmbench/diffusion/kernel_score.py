"""Kernel score: the exact denoiser of a finite set of points, which a network that learned them by heart would be.

    D(x; alpha, sigma) = sum_i w_i a_i,    w = softmax_i( -|x - alpha a_i|^2 / (2 sigma^2) )

It is the minimizer of the denoising loss over the training set alone, and samples made with it are training points.
The softmax forgets what all points share, |x|^2, and points and x are centered before: float32 keeps few digits of a
difference of large squares. Source: T. Karras et al., "Elucidating the Design Space of Diffusion-Based Generative
Models" (2022), appendix B.3.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.lax import Precision
from jaxtyping import Array, Float

from sgmbench.diffusion.noise import Level

ROWS = 256  # at a time: their weights over 100,000 points take 100 MB


def kernel_denoiser(x: Float[Array, "n k"], level: Level, args: tuple[Float[Array, "m k"], Any]) -> Float[Array, "n k"]:
    """D of the points that are the first of `args`, for a whole batch at one level."""
    alpha, sigma = level
    points, _ = args
    center = jnp.mean(points, axis=0)
    a = points - center
    squares = jnp.sum(a**2, axis=1)

    def of_row(row: Float[Array, " k"]) -> Float[Array, " k"]:
        products = jnp.matmul(a, row - alpha * center, precision=Precision.HIGHEST)
        w = jax.nn.softmax(alpha * (products - alpha * squares / 2) / sigma**2)
        return center + jnp.matmul(w, a, precision=Precision.HIGHEST)

    return jax.lax.map(of_row, x, batch_size=ROWS)
