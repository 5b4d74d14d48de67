"""Space: fields as rows of weights, and what counts as constant."""

import numpy as np

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.space import space_of, varying, without_place


def test_outputs_have_quadrature_and_blocks_by_field(toy):
    space = space_of(toy.layout)
    np.testing.assert_allclose(space.quadrature.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(space.same_field, np.repeat([0, 1], 6))
    assert (space.geometry, space.is_centered) == (Geometry(2, (6,)), False)


def test_coordinates_without_a_place_are_fields_of_their_own():
    space = without_place(5, is_centered=True)
    np.testing.assert_array_equal(space.same_field, np.arange(5))
    assert space.geometry == Geometry(5)


def test_a_coordinate_varies_unless_it_is_constant_up_to_rounding():
    """The computed mean of equal values that are no binary fractions differs from them in the last digit."""
    noise = np.random.default_rng(0).standard_normal(1_000)
    columns = np.stack([noise, 1e9 + noise, np.full(1_000, 100.1), 100.1 + 1e-14 * noise, np.zeros(1_000)], axis=1)
    np.testing.assert_array_equal(varying(columns), [True, True, False, False, False])
    assert not varying(np.zeros((10, 2))).any()
