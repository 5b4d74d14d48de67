"""The basis of every regression."""

import itertools
from math import comb

import numpy as np
import pytest

from sgmbench.learning.polynomials import (
    hyperbolic_cross_indices,
    largest_degree,
    legendre_features,
    legendre_products,
    total_degree_indices,
    with_margin,
)


@pytest.mark.parametrize(("q", "degree"), [(1, 7), (2, 5), (3, 3)])
def test_orthonormal_for_the_uniform_law(q, degree):
    """Gauss-Legendre quadrature with degree + 1 nodes integrates products of two features exactly."""
    nodes, weights = np.polynomial.legendre.leggauss(degree + 1)
    u = np.array(list(itertools.product(nodes, repeat=q)))
    w = np.prod(list(itertools.product(weights / 2, repeat=q)), axis=1)
    features = legendre_features(u, degree)
    np.testing.assert_allclose((features.T * w) @ features, np.eye(features.shape[1]), atol=1e-12)


@pytest.mark.parametrize("q", [1, 2, 3, 4])
def test_counts_are_binomial_and_low_degrees_come_first(q):
    for degree in range(5):
        indices = total_degree_indices(q, degree)
        assert len(indices) == comb(q + degree, degree) == len(np.unique(indices, axis=0))
        assert indices.min() >= 0
        assert (np.diff(indices.sum(axis=1)) >= 0).all()
        assert indices.sum(axis=1).max() == degree


@pytest.mark.parametrize(("q", "degree"), [(1, 4), (2, 5), (3, 3), (4, 7)])
def test_a_hyperbolic_cross_is_what_its_product_says(q, degree):
    """Against all indices of a tensor grid; a monotone set, and of degree 3 of the size that is said."""
    tensor = np.array(list(itertools.product(range(degree + 1), repeat=q)))
    expected = tensor[np.prod(tensor + 1, axis=1) <= degree + 1]
    found = hyperbolic_cross_indices(q, degree)
    assert set(map(tuple, found.tolist())) == set(map(tuple, expected.tolist()))
    assert len(found) == len(expected)
    assert (np.diff(found.sum(axis=1)) >= 0).all()
    assert len(hyperbolic_cross_indices(q, 3)) == 1 + q * (q + 5) // 2
    assert len(hyperbolic_cross_indices(q, 2)) == 1 + 2 * q
    np.testing.assert_array_equal(hyperbolic_cross_indices(0, 3), np.zeros((1, 0)))


@pytest.mark.parametrize("degree", [0, 1, 5])
def test_without_conditions_only_the_constant_is_left(degree):
    np.testing.assert_array_equal(legendre_features(np.zeros((4, 0)), degree), np.ones((4, 1)))


def test_the_first_feature_is_the_constant_one():
    u = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    np.testing.assert_array_equal(legendre_features(u, 3)[:, 0], np.ones(50))


@pytest.mark.parametrize("q", [0, 1, 2, 3, 6])
@pytest.mark.parametrize("most", [1, 2, 10, 35, 1_000])
def test_the_largest_degree_fits_and_the_next_does_not(q, most):
    degree = largest_degree(q, most_features=most, at_most=4)
    assert comb(q + degree, degree) <= most
    assert degree == 4 or q == 0 or comb(q + degree + 1, degree + 1) > most


def test_without_conditions_the_largest_degree_is_zero():
    assert largest_degree(0, most_features=1_000, at_most=5) == 0


def test_the_margin_is_the_upper_neighbors_of_what_is_kept():
    found = with_margin(np.array([[0, 0], [3, 0]]), whole=1, degree=4)
    assert found.tolist() == [[0, 0], [0, 1], [1, 0], [3, 0], [3, 1], [4, 0]]
    assert with_margin(np.array([[3, 0]]), whole=0, degree=3).tolist() == [[0, 0], [3, 0]]
    assert with_margin(np.array([[1, 0]]), whole=0, degree=9, reach=2).tolist() == [
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 0],
        [1, 2],
        [3, 0],
    ]


def test_growth_reaches_every_degree_and_stops_at_the_largest():
    kept = np.zeros((1, 3), int)
    for degree in range(1, 6):
        kept = with_margin(kept, whole=0, degree=4)
        np.testing.assert_array_equal(kept, total_degree_indices(3, min(degree, 4)))


def test_products_of_some_indices_are_columns_of_the_whole_basis():
    u = np.random.default_rng(3).uniform(-1, 1, (20, 3))
    every = total_degree_indices(3, 4)
    rows = [0, 5, 17, 33]
    np.testing.assert_array_equal(legendre_products(u, every[rows]), legendre_features(u, 4)[:, rows])
