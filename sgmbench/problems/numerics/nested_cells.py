"""Fields on n x n cells of the unit square, and on cells twice, four times ... as wide.

Both ways are of order 2 in the cell width: means over blocks of cells, and bilinear interpolation between centers and
the boundary, where the field vanishes.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sgmbench.problems.numerics.finite_volumes import centers


def block_means(field: Float[Array, "n n"], width: int) -> Float[Array, "m m"]:
    """Means over blocks of width x width cells."""
    m = len(field) // width
    return jnp.mean(field.reshape(m, width, m, width), axis=(1, 3))


def interpolate(field: Float[Array, "m m"], n: int) -> Float[Array, "n n"]:
    """The field at the centers of n x n cells."""
    m = len(field)
    points = np.concatenate([[0.0], centers(m), [1.0]])
    hats = [np.interp(centers(n), points, hat) for hat in np.eye(m + 2)[1:-1]]
    W = jnp.asarray(np.stack(hats, axis=1), field.dtype)
    return field if m == n else W @ field @ W.T
