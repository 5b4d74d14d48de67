"""Real Fourier series of a periodic field.

    u(x) = c_0 + sqrt(2) sum_k (c_{2k-1} cos 2 pi k x + c_{2k} sin 2 pi k x),    0 <= x < 1

The functions that c multiplies are orthonormal on [0, 1]: c ~ N(0, diag(s^2)) with s equal in each pair is the
Karhunen-Loeve expansion of a homogeneous Gaussian field, and n independent Brownian motions c are space-time white
noise on n points, the last of them on (-1)^j.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float


def spectrum(c: Float[Array, "*b m"], points: int) -> Complex[Array, "*b {points//2+1}"]:
    """The unnormalized real FFT of u on a grid of an even number of points, at least m."""
    c = jnp.pad(c, [(0, 0)] * (c.ndim - 1) + [(0, points - c.shape[-1])])
    waves = (c[..., 1:-1:2] - 1j * c[..., 2:-1:2]) / np.sqrt(2)
    return points * jnp.concatenate([c[..., :1], waves, c[..., -1:]], axis=-1)
