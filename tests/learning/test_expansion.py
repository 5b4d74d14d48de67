"""Expansions: sums of their own polynomials, put side by side and kept without loss."""

import numpy as np

from sgmbench.learning.expansion import Expansion, expansion_of, side_by_side
from sgmbench.learning.polynomials import legendre_features, total_degree_indices

U = np.random.default_rng(0).uniform(-1, 1, (30, 2))
EVERY = total_degree_indices(2, 2)
LINEAR = Expansion(EVERY[:3], np.array([[1.0, 2.0], [0.0, 0.0], [0.5, -1.0]]))
SQUARE = Expansion(EVERY[[0, 5]], np.array([[3.0], [4.0]]))


def test_is_the_sum_of_its_polynomials():
    coefficients = np.random.default_rng(1).standard_normal((6, 3))
    np.testing.assert_allclose(Expansion(EVERY, coefficients)(U), legendre_features(U, 2) @ coefficients, rtol=1e-14)


def test_the_support_leaves_out_what_no_function_needs():
    assert LINEAR.support.tolist() == [[0, 0], [1, 0]]


def test_a_file_keeps_the_functions():
    np.testing.assert_array_equal(expansion_of(LINEAR.as_arrays())(U), LINEAR(U))


def test_side_by_side_each_function_is_what_it_was_and_the_rest_is_zero():
    both = side_by_side([LINEAR, SQUARE], [np.array([3, 0]), np.array([2])], 4)
    np.testing.assert_allclose(both(U)[:, [3, 0]], LINEAR(U), rtol=1e-14)
    np.testing.assert_allclose(both(U)[:, [2]], SQUARE(U), rtol=1e-14)
    assert (both(U)[:, 1] == 0).all()
