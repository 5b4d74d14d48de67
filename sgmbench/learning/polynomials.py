"""Tensor Legendre polynomials of bounded total degree, orthonormal for the uniform law on [-1, 1]^q.

    f_k(u) = prod_i sqrt(2 k_i + 1) P_{k_i}(u_i),    k_1 + ... + k_q <= degree

Conditions enter regressions in uniform coordinates u = 2 F(z) - 1, in which any prior becomes this law.
"""

import itertools
from math import comb

import numpy as np
from jaxtyping import Float, Int


def total_degree_indices(q: int, degree: int) -> Int[np.ndarray, "p q"]:
    """All multi-indices of total degree at most `degree`, lower degrees first."""
    every = itertools.product(range(degree + 1), repeat=q)
    kept = sorted((k for k in every if sum(k) <= degree), key=lambda k: (sum(k), k))
    return np.array(kept, int).reshape(len(kept), q)


def legendre_features(u: Float[np.ndarray, "n q"], degree: int) -> Float[np.ndarray, "n p"]:
    """The basis at points u, one column for each multi-index; the first is the constant 1."""
    n, q = u.shape
    indices = total_degree_indices(q, degree)
    features = np.ones((n, len(indices)))
    for i in range(q):
        normalized = np.polynomial.legendre.legvander(u[:, i], degree) * np.sqrt(2 * np.arange(degree + 1) + 1)
        features *= normalized[:, indices[:, i]]
    return features


def largest_degree(q: int, *, most_features: int, at_most: int) -> int:
    """The largest total degree up to `at_most` whose basis in q variables has no more than `most_features`."""
    if q == 0:
        return 0
    return max((d for d in range(1, at_most + 1) if comb(q + d, d) <= most_features), default=0)
