"""EDM preconditioning of a denoiser for data of unit variance.

    D(x; sigma, u) = c_skip x + c_out F(c_in x; log(sigma)/4, u)
    c_skip = 1/(1 + sigma^2),   c_out = sigma/sqrt(1 + sigma^2),   c_in = 1/sqrt(1 + sigma^2)

With F = 0 it is the exact denoiser of N(0, I). The loss of one sample, weighted so that F's target has unit variance:

    |D(y + sigma n; sigma, u) - y|^2 / c_out^2

Source: T. Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), eqs. 7 and 108,
with sigma_data = 1.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

Denoiser = Callable[[Float[Array, "n k"], Float[Array, " n"], Float[Array, "n q"]], Float[Array, "n k"]]


def denoiser(network: Denoiser) -> Denoiser:
    """D from F: a function of (x, sigma, given), each row at a noise level of its own."""

    def denoise(x, sigma, given):
        c_in = (1 + sigma**2) ** -0.5
        F = network(c_in[:, None] * x, jnp.log(sigma) / 4, given)
        return (c_in**2)[:, None] * x + (sigma * c_in)[:, None] * F

    return denoise


def loss(
    denoise: Denoiser,
    y: Float[Array, "n k"],
    given: Float[Array, "n q"],
    sigma: Float[Array, " n"],
    noise: Float[Array, "n k"],
) -> Float[Array, ""]:
    """The mean weighted denoising loss; 1 for F = 0 and data of unit variance, whatever sigma."""
    error = denoise(y + sigma[:, None] * noise, sigma, given) - y
    weight = (1 + sigma**2) / sigma**2
    return jnp.mean(weight * jnp.mean(error**2, axis=-1))
