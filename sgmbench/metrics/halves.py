"""Two halves of a set, by which a squared distance is estimated without the noise of either.

Let X, X' be independent sets of law Q, Y, Y' of law P, and t a statistic that a distance is the norm of. The product

    < t(X) - t(Y), t(X') - t(Y') >

has factors whose errors are independent, so its mean is < E t(X) - E t(Y), E t(X') - E t(Y') >: no square of an error
is left, and the mean is zero where Q = P and all sets have one size (up to O(1/m^2) of it where the unit is a standard
deviation of the m runs of the reference themselves). By distances |t(X) - t(Y)| the same product reads

    ( |t(X) - t(Y')|^2 + |t(X') - t(Y)|^2 - |t(X) - t(X')|^2 - |t(Y) - t(Y')|^2 ) / 2,

which is centered for equal laws where no t is behind the distance either.

A Generator's samples stand for a law: their halves have no solver run in common. A Sampler's are the finite set that it
delivers, and the set is both of its halves, X = X': its own error is what is asked for.
"""

import numpy as np
from jaxtyping import Int

from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples


def halves_of_samples(samples: Samples) -> tuple[Int[np.ndarray, " a"], Int[np.ndarray, " b"]]:
    """The rows of X, of the first half of the runs, and those of X'; of a finite set, all of them twice."""
    if not samples.is_law:
        return np.arange(len(samples.run)), np.arange(len(samples.run))
    distinct, run = np.unique(samples.run, return_inverse=True)
    first = 2 * run < len(distinct)
    return np.flatnonzero(first), np.flatnonzero(~first)


def halves_of_reference(reference: Reference) -> tuple[Int[np.ndarray, " a"], Int[np.ndarray, " b"]]:
    """The rows of Y, the first half of the runs, and those of Y'."""
    n = len(reference.values)
    return np.arange(n // 2), np.arange(n // 2, n)


def equal_halves(
    samples: Samples, reference: Reference, *, most: int | None = None
) -> tuple[Int[np.ndarray, " h"], Int[np.ndarray, " h"], Int[np.ndarray, " h"], Int[np.ndarray, " h"]]:
    """The first h rows of X, X', Y and Y', h as large as all of them have, `most` at most."""
    x, x_, y, y_ = *halves_of_samples(samples), *halves_of_reference(reference)
    h = min(len(rows) for rows in (x, x_, y, y_))
    h = h if most is None else min(h, most)
    return x[:h], x_[:h], y[:h], y_[:h]
