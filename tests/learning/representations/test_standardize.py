"""Standardize: means and variances of groups of coordinates, and the invariance that each grouping brings."""

import numpy as np
import pytest

from sgmbench.learning.representations.standardize import Standardize
from sgmbench.learning.space import space_of

SHIFT = np.linspace(-40, 40, 12)
INVARIANCES = {
    "coordinate": (10.0 ** np.arange(-6, 6), SHIFT),
    "field": (np.repeat([1e-6, 1e3], 6), np.repeat([5.0, -300.0], 6)),
    "all": (np.full(12, 1e3), np.full(12, -20.0)),
}


@pytest.fixture(scope="module", params=INVARIANCES)
def by(request):
    return request.param


def encoded(by, toy, y):
    u, _ = toy.pairs(200)
    transform, space = Standardize(by), space_of(toy.layout)
    arrays = transform.fit(u, y, space)
    return arrays, transform.encode(arrays, u, y), transform.space(arrays, space)


def test_each_group_has_mean_zero_and_variance_one(toy, by):
    """The toy's axis is uniform: its eleven values that vary weigh alike in a field, the last one's field has five."""
    _, a, _ = encoded(by, toy, toy.pairs(200)[1])
    groups = {"coordinate": [[j] for j in range(11)], "field": [range(6), range(6, 11)], "all": [range(11)]}[by]
    for group in groups:
        np.testing.assert_allclose(a[:, group].mean(), 0, atol=1e-12)
        np.testing.assert_allclose((a[:, group] ** 2).mean(), 1, rtol=1e-12)


def test_affine_maps_of_a_group_change_nothing(toy, by):
    y, (factor, shift) = toy.pairs(200)[1], INVARIANCES[by]
    _, a, _ = encoded(by, toy, y)
    _, same, _ = encoded(by, toy, factor * y + shift)
    np.testing.assert_allclose(same, a, rtol=1e-8, atol=1e-7)


def test_constant_coordinates_are_zero_and_return_whatever_became_of_the_zero(toy, by):
    arrays, a, _ = encoded(by, toy, toy.pairs(200)[1])
    np.testing.assert_array_equal(a[:, 11], 0)
    np.testing.assert_array_equal(Standardize(by).decode(arrays, np.zeros((1, 2)), a + 1.0)[:, 11], toy.constant)


def test_the_grid_stays(toy, by):
    _, _, space = encoded(by, toy, toy.pairs(200)[1])
    assert space.geometry == space_of(toy.layout).geometry
    assert space.is_centered == (by == "coordinate")


def test_quadrature_weighs_the_points_of_a_field(toy):
    """All points doubled in weight but one: the center moves to where the weight is."""
    y, space = toy.pairs(200)[1], space_of(toy.layout)
    space.quadrature[0, :6] = [0.5, 0.1, 0.1, 0.1, 0.1, 0.1]
    arrays = Standardize("field").fit(toy.pairs(200)[0], y, space)
    np.testing.assert_allclose(arrays["center"][0], y[:, :6].mean(axis=0) @ space.quadrature[0, :6], rtol=1e-12)
