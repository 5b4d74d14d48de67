"""Covariance of a few variables of mean zero as a function of the conditions, entry by entry.

    E[a_i a_j given u] = f(u)' c_ij

by sparse regression of the products of the runs on Legendre polynomials. Nothing makes it positive semidefinite.
"""

import numpy as np
from jaxtyping import Float

from sgmbench.learning.polynomials import largest_degree, legendre_products, total_degree_indices
from sgmbench.learning.sparse_regression import sparse_regression

RUNS_A_FEATURE = 20
DEGREE = 4
_SMALLEST = 1e-6  # of a product's variance, in units of the variables' own


def conditional_covariance(u: Float[np.ndarray, "n q"], a: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k k"]:
    """E[a a' given u] at the runs.

    Args:
        u: conditions.
        a: variables of about unit size.
    """
    first, second = np.triu_indices(a.shape[1])
    products = a[:, first] * a[:, second]
    most = max(1, len(u) // RUNS_A_FEATURE)
    indices = total_degree_indices(u.shape[1], largest_degree(u.shape[1], most_features=most, at_most=DEGREE))
    features = legendre_products(u, indices)
    variance = np.tile(np.maximum(products.var(axis=0), _SMALLEST), (len(u), 1))
    alone = np.eye(products.shape[1])
    found = sparse_regression(features, products, variance, threshold=1 + indices.sum(axis=1), sharing=alone)
    covariance = np.empty((len(u), a.shape[1], a.shape[1]))
    covariance[:, first, second] = covariance[:, second, first] = features @ found
    return covariance
