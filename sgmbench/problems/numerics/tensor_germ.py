"""Coefficients of products of modes, m_i(x) m_j(y), as one sequence by decreasing importance.

i and j count waves, so that coefficients are ordered by the wave number (i^2 + j^2)^1/2: the leading ones carry most of
the variance of a field whose spectrum decays, which quasi-Monte Carlo wants.
"""

import numpy as np
from jaxtyping import Array, Float


def tensor_germ(xi: Float[Array, " m"]) -> Float[Array, "k k"]:
    """Xi, where the field is sum_ij Xi_ij m_i(x) m_j(y), from the sequence xi of k^2 coefficients."""
    k = round(len(xi) ** 0.5)
    i = np.arange(k)
    order = np.argsort((i[:, None] ** 2 + i**2).ravel(), kind="stable")
    return xi[np.argsort(order)].reshape(k, k)
