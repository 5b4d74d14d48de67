"""Distances from rows to the nearest of other rows, by blocks."""

import numpy as np
from jaxtyping import Float

BLOCK = 256


def nearest_distances(
    rows: Float[np.ndarray, "m k"], others: Float[np.ndarray, "n k"], *, count: int
) -> Float[np.ndarray, "m count"]:
    """To the `count` nearest of at least as many others, in ascending order."""
    squares = np.sum(others**2, axis=1)
    distances = np.empty((len(rows), count))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        nearest = np.argpartition(squares - 2 * rows[part] @ others.T, count - 1, axis=1)[:, :count]
        distances[part] = np.sort(np.linalg.norm(rows[part, None] - others[nearest], axis=2), axis=1)
    return distances
