"""Brownian paths from a germ, in Levy's bridge order.

    W(0) = 0,    W(T) = sqrt(T) xi_0,    W(t + h/2) = (W(t) + W(t + h)) / 2 + sqrt(h)/2 xi_i,    h = T, T/2, T/4, ...

Midpoints of one generation go from left to right: xi_1 decides W(T/2), xi_2 and xi_3 the quarters, xi_4 to xi_7 the
eighths. The leading coordinates carry most of the path's variance, which quasi-Monte Carlo wants, and the first n of
them give every second point of the path of the first 2n, which multilevel wants.

Source: P. Glasserman, "Monte Carlo Methods in Financial Engineering" (2003), section 3.1.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def brownian_bridge(xi: Float[Array, "n *k"], duration: float) -> Float[Array, "n+1 *k"]:
    """W at the n + 1 points of a uniform grid on [0, T]; n is a power of two.

    Args:
        xi: standard normal values; trailing dimensions are independent paths.
        duration: T.
    """
    n = len(xi)
    if n < 1 or n & (n - 1):
        raise ValueError(f"brownian_bridge: {n} steps; give a power of two, so that they can be halved")
    path = jnp.stack([jnp.zeros_like(xi[0]), duration**0.5 * xi[0]])
    while len(path) <= n:
        intervals = len(path) - 1
        noise = xi[intervals : 2 * intervals] * (duration / intervals) ** 0.5 / 2
        midpoints = (path[:-1] + path[1:]) / 2 + noise
        pairs = jnp.stack([path[:-1], midpoints], axis=1).reshape(2 * intervals, *xi.shape[1:])
        path = jnp.concatenate([pairs, path[-1:]])
    return path


def check_levels(steps: int, level: int, *, coarsest: int) -> None:
    """Refuses steps that cannot be halved down to the coarsest level, and levels beyond it, by a ValueError."""
    if steps & (steps - 1):
        raise ValueError(f"steps: {steps} cannot be halved down to {coarsest}; give a power of two")
    if steps >> level < coarsest:
        most = (steps // coarsest).bit_length() - 1
        raise ValueError(f"level: {steps} steps can be halved {most} times at most, to {coarsest}")
