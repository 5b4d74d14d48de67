"""Convolution with a smooth kernel, by its lowest Fourier modes.

    (K h)(x) = sum_{|k_a| < modes} R_k h^_k exp(2 pi i k . x),     h^_k = mean over the grid of h exp(-2 pi i k . x)

x in [0, 1)^dim. R_k are complex matrices; k runs over both signs along each axis but the last, where real fields make
the negative half redundant. R depends on no grid: the same operator acts on every refinement. The imaginary part of
R_0 alone has no effect.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int


class SpectralConvolution(nnx.Module):
    """K on `width` channels, on grids of `dimensions` axes."""

    def __init__(self, width: int, rngs: nnx.Rngs, *, modes: int, dimensions: int) -> None:
        self.modes = modes
        shape = (*[2 * modes - 1] * (dimensions - 1), modes, width, width)
        self.real, self.imaginary = (
            nnx.Param((2 * width) ** -0.5 * jax.random.normal(rngs.params(), shape, jnp.float32)) for _ in range(2)
        )

    def __call__(self, h: Float[Array, "n *grid w"]) -> Float[Array, "n *grid w"]:
        grid = h.shape[1:-1]
        axes, low = tuple(range(1, 1 + len(grid))), (slice(None), *lowest(self.modes, len(grid)))
        h_k = jnp.fft.rfftn(h, axes=axes, norm="forward")
        R_k = jax.lax.complex(self.real[...], self.imaginary[...])
        K_k = jnp.zeros_like(h_k).at[low].set(jnp.einsum("n...i,...io->n...o", h_k[low], R_k))
        return jnp.fft.irfftn(K_k, s=grid, axes=axes, norm="forward")


def lowest(modes: int, dimensions: int) -> tuple[Int[np.ndarray, "..."], ...]:
    """Where |k_a| < modes in the array of a real Fourier transform: an index for each axis."""
    half = np.arange(modes)
    return np.ix_(*[np.r_[half, -half[:0:-1]]] * (dimensions - 1), half)
