"""Ornstein-Uhlenbeck paths from a germ, in Levy's bridge order.

    dZ = -r Z dt + dW,    Z(0) = 0
    Z(T) = sqrt((1 - exp(-2 r T)) / 2r) xi_0
    Z(t + h/2) = (Z(t) + Z(t + h)) / (2 cosh(r h/2)) + sqrt(tanh(r h/2) / 2r) xi_i,      h = T, T/2, T/4, ...

exact in law at the grid's times however large r h is, where sums over Brownian increments would lose the motion. The
order is that of `brownian_bridge`, which this becomes as r -> 0, and the first n coordinates again give every second
point of the path of the first 2n.

Source: the law of a Markov process between two times; C. Donati-Martin, R. Ghomrasni, M. Yor, Rev. Mat. Iberoam. 17
(2001) 179-193, write it as a Brownian bridge in another time.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def ornstein_uhlenbeck_bridge(
    xi: Float[Array, "n k"], rate: Float[np.ndarray, " k"], duration: float
) -> Float[Array, "n+1 k"]:
    """Z at the n + 1 points of a uniform grid on [0, T]; n is a power of two.

    Args:
        xi: standard normal values, one column a path.
        rate: r of each path, not zero; negative where Z grows.
        duration: T.
    """
    n = len(xi)
    if n < 1 or n & (n - 1):
        raise ValueError(f"ornstein_uhlenbeck_bridge: {n} steps; give a power of two, so that they can be halved")
    path = jnp.stack([jnp.zeros_like(xi[0]), np.sqrt(-np.expm1(-2 * rate * duration) / (2 * rate)) * xi[0]])
    while len(path) <= n:
        intervals = len(path) - 1
        half = rate * duration / intervals / 2
        noise = np.sqrt(np.tanh(half) / (2 * rate)) * xi[intervals : 2 * intervals]
        midpoints = (path[:-1] + path[1:]) * _half_sech(half) + noise
        pairs = jnp.stack([path[:-1], midpoints], axis=1).reshape(2 * intervals, -1)
        path = jnp.concatenate([pairs, path[-1:]])
    return path


def _half_sech(x: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """1 / (2 cosh x) without overflow."""
    decay = np.exp(-np.abs(x))
    return decay / (1 + decay**2)
