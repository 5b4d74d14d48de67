"""Tensor Legendre polynomials of bounded total degree, orthonormal for the uniform law on [-1, 1]^q.

    f_k(u) = prod_i sqrt(2 k_i + 1) P_{k_i}(u_i),    k_1 + ... + k_q <= degree

Conditions enter regressions in uniform coordinates u = 2 F(z) - 1, in which any prior becomes this law.
"""

import itertools
from math import comb, prod

import numpy as np
from jaxtyping import Float, Int


def total_degree_indices(q: int, degree: int) -> Int[np.ndarray, "p q"]:
    """All multi-indices of total degree at most `degree`, lower degrees first."""
    if q == 0:
        return np.zeros((1, 0), int)
    every = (
        tuple(np.bincount(np.array(places, int), minlength=q).tolist())
        for total in range(degree + 1)
        for places in itertools.combinations_with_replacement(range(q), total)
    )
    return np.array(sorted(every, key=lambda k: (sum(k), k)), int)


def hyperbolic_cross_indices(q: int, degree: int) -> Int[np.ndarray, "p q"]:
    """All multi-indices with (1 + k_1) ... (1 + k_q) at most 1 + degree, lower total degrees first.

    Of degree 3: powers up to 3 of one variable, and products of two, q (q + 5) / 2 beside the constant; of degree 2 no
    products. Source: V. Temlyakov, "Approximation of functions with bounded mixed derivative" (1989).
    """
    every = [np.zeros(q, int)]
    for order in range(1, (degree + 1).bit_length()):
        powers = [
            k for k in itertools.product(range(1, degree + 1), repeat=order) if prod(i + 1 for i in k) <= degree + 1
        ]
        for places in itertools.combinations(range(q), order):
            for k in powers:
                every.append(np.zeros(q, int))
                every[-1][list(places)] = k
    return np.array(sorted(map(tuple, every), key=lambda k: (sum(k), k)), int).reshape(len(every), q)


def with_margin(kept: Int[np.ndarray, "p q"], *, whole: int, degree: int, reach: int = 1) -> Int[np.ndarray, "r q"]:
    """All multi-indices of total degree at most `whole`, those kept, and of these k + e_i, ... k + reach e_i.

    None is above `degree` but what was. So a support can grow step by step, as adaptive sparse grids do, whatever the
    number of conditions. Odd and even functions have none of the degrees between: they need a reach of 2.
    Source: A. Chkifa, A. Cohen, C. Schwab, "High-dimensional adaptive sparse polynomial interpolation", Found. Comput.
    Math. 14 (2014) 601-633, for the margin of a set.
    """
    q = kept.shape[1]
    if q == 0:
        return total_degree_indices(0, 0)
    steps = np.concatenate([length * np.eye(q, dtype=int) for length in range(1, reach + 1)])
    neighbors = (kept[:, None] + steps).reshape(-1, q)
    every = np.concatenate([total_degree_indices(q, whole), kept, neighbors[neighbors.sum(axis=1) <= degree]])
    return np.array(sorted(set(map(tuple, every.tolist())), key=lambda k: (sum(k), k)), int).reshape(-1, q)


def legendre_features(u: Float[np.ndarray, "n q"], degree: int) -> Float[np.ndarray, "n p"]:
    """The whole basis up to a degree at points u, one column for each multi-index; the first is the constant 1."""
    return legendre_products(u, total_degree_indices(u.shape[1], degree))


def legendre_products(u: Float[np.ndarray, "n q"], indices: Int[np.ndarray, "p q"]) -> Float[np.ndarray, "n p"]:
    """f_k at points u, one column for each multi-index k."""
    features = np.ones((len(u), len(indices)))
    for i, powers in enumerate(indices.T):
        degree = int(powers.max(initial=0))
        normalized = np.polynomial.legendre.legvander(u[:, i], degree) * np.sqrt(2 * np.arange(degree + 1) + 1)
        features *= normalized[:, powers]
    return features


def largest_degree(q: int, *, most_features: int, at_most: int) -> int:
    """The largest total degree up to `at_most` whose basis in q variables has no more than `most_features`."""
    if q == 0:
        return 0
    return max((d for d in range(1, at_most + 1) if comb(q + d, d) <= most_features), default=0)
