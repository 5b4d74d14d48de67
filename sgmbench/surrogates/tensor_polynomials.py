"""Products of orthonormal polynomials of many inputs, one for each multi-index, and supports of them that grow.

    f_k(u, xi) = prod_i L_{k_i}(u_i) prod_j H_{k_j}(xi_j)

L are Legendre polynomials, orthonormal for the uniform law of the conditions u on [-1, 1]. H are Hermite polynomials,
orthonormal for the normal law of the germ xi, or L of 2 Phi(xi) - 1, which are orthonormal for it too.

From a support {k} grow the neighbors k + e_i and k + 2 e_i: odd and even functions leave out every other degree.

Sources: D. Xiu, G. Karniadakis, "The Wiener-Askey polynomial chaos for stochastic differential equations", SIAM J. Sci.
Comput. 24 (2002) 619-644; A. Chkifa, A. Cohen, C. Schwab, "High-dimensional adaptive sparse polynomial interpolation",
Found. Comput. Math. 14 (2014) 601-633.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations_with_replacement, islice
from math import factorial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import norm

REACH = 2


class Inputs(NamedTuple):
    """Inputs in the coordinates of their polynomials: uniform on [-1, 1], or standard normal where Hermite's."""

    values: Float[np.ndarray, "n p"]
    hermite: Bool[np.ndarray, " p"]


def transported(x: Float[np.ndarray, "n p"], q: int, *, hermite: bool) -> Inputs:
    """Of rows (u, xi) with q conditions u: xi stays as it is for Hermite polynomials, else becomes 2 Phi(xi) - 1."""
    germ = x[:, q:] if hermite else 2 * norm.cdf(x[:, q:]) - 1
    return Inputs(np.hstack([x[:, :q], germ]), (np.arange(x.shape[1]) >= q) & hermite)


def orthonormal(t: Float[np.ndarray, " n"], degree: int, *, hermite: bool) -> Float[np.ndarray, "n k"]:
    """Polynomials of one input up to a degree, orthonormal for its law."""
    k = np.arange(degree + 1)
    if hermite:
        return np.polynomial.hermite_e.hermevander(t, degree) / np.sqrt([float(factorial(each)) for each in k])
    return np.polynomial.legendre.legvander(t, degree) * np.sqrt(2 * k + 1)


def products(inputs: Inputs, indices: Int[np.ndarray, "s p"]) -> Float[np.ndarray, "n s"]:
    """The polynomial of each multi-index, a row for each row of inputs."""
    features = np.ones((len(inputs.values), len(indices)))
    for i in np.flatnonzero(indices.any(axis=0)):
        at = np.flatnonzero(indices[:, i])
        degree, t = int(indices[:, i].max()), inputs.values[:, i]
        features[:, at] *= orthonormal(t, degree, hermite=bool(inputs.hermite[i]))[:, indices[at, i]]
    return features


def total_degree(p: int, degree: int) -> Int[np.ndarray, "s p"]:
    """All multi-indices of total degree at most `degree`, lower degrees first; cheap for many inputs too."""
    every = chain.from_iterable(combinations_with_replacement(range(p), each) for each in range(degree + 1))
    rows = [np.bincount(np.array(inputs, int), minlength=p) for inputs in every]
    return np.array(rows, int).reshape(len(rows), p)


def grown(
    kept: Int[np.ndarray, "s p"], whole: Int[np.ndarray, "w p"], *, degree: int, most: int
) -> Int[np.ndarray, "c p"]:
    """Candidates: the constant, what was kept, each input alone, the whole basis, and neighbors of what was kept.

    Neighbors come in the order of `kept`, in inputs that act already before those in others. None is above `degree`,
    and no more than `most` are given.
    """
    p = kept.shape[1]
    constant = np.zeros((1, p), int)
    acting, every = np.flatnonzero(kept.any(axis=0)), np.arange(p)
    ordered = chain(
        constant, kept, _neighbors(constant, every), whole, _neighbors(kept, acting), _neighbors(kept, every)
    )
    unique = list(islice(_unique(tuple(k.tolist()) for k in ordered if k.sum() <= degree), most))
    return np.array(unique, int).reshape(len(unique), p)


def _unique(rows: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Each but once, in the order of its first appearance, without going further than asked."""
    seen: set[tuple[int, ...]] = set()
    for row in rows:
        if row not in seen:
            seen.add(row)
            yield row


def _neighbors(kept: Int[np.ndarray, "s p"], inputs: Int[np.ndarray, " a"]) -> Iterator[Int[np.ndarray, " p"]]:
    """k + e_i, ... k + 2 e_i of each, for some inputs i."""
    steps = [length * unit for unit in np.eye(kept.shape[1], dtype=int)[inputs] for length in range(1, REACH + 1)]
    for k in kept:
        yield from (k + step for step in steps)
