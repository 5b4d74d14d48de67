"""Residual: one conditional scale a field, invariance under units, constants left alone."""

import numpy as np
import pytest

from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at
from sgmbench.learning.representations.residual import Residual, field_scale
from sgmbench.learning.space import space_of

U = np.random.default_rng(4).uniform(-1, 1, (50, 2))


@pytest.fixture(scope="module")
def arrays(toy):
    u, y = toy.pairs(4_000)
    return Residual().fit(u, y, space_of(toy.layout))


def test_the_scale_is_the_rms_standard_deviation_of_each_field(toy, arrays):
    scale, weights = field_scale(arrays, U), toy.layout.fields[0].quadrature
    for part in (slice(0, 6), slice(6, 12)):
        np.testing.assert_allclose(scale[:, part], np.tile(scale[:, part][:, :1], 6), rtol=1e-12)
        np.testing.assert_allclose(scale[:, part.start], np.sqrt(toy.sd(U)[:, part] ** 2 @ weights), rtol=0.1)


def test_zero_is_the_conditional_mean(arrays):
    made, mean = Residual().decode(arrays, U, np.zeros((50, 12))), mean_at(arrays["moments"], U)
    np.testing.assert_array_equal(made[:, :11], mean[:, :11])


def test_without_scale_it_is_the_difference_from_the_mean(toy, arrays):
    y = toy.outputs(U, np.random.default_rng(5))
    a, plain = Residual().encode(arrays, U, y), Residual(scale=False).encode(arrays, U, y)
    np.testing.assert_allclose(plain, (y - mean_at(arrays["moments"], U)) * (np.arange(12) < 11), rtol=1e-12)
    np.testing.assert_allclose(a * field_scale(arrays, U), plain, rtol=1e-12)


def test_constant_coordinates_are_zero_and_return_whatever_became_of_the_zero(toy, arrays):
    a = Residual().encode(arrays, U, toy.outputs(U, np.random.default_rng(5)))
    np.testing.assert_array_equal(a[:, 11], 0)
    np.testing.assert_array_equal(Residual().decode(arrays, U, a + 1.0)[:, 11], toy.constant)


def test_units_of_fields_and_shifts_of_coordinates_change_nothing(toy):
    transform, space, (u, y) = Residual(ConditionalMoments(2, 1)), space_of(toy.layout), toy.pairs(200)
    moved = np.repeat([2.0**-20, 2.0**10], 6) * (y + np.linspace(-40, 40, 12))
    a, same = (transform.encode(transform.fit(u, v, space), u, v) for v in (y, moved))
    np.testing.assert_allclose(same, a, atol=1e-8)


def test_a_field_that_never_varies_needs_no_scale(toy):
    u, y = toy.pairs(200)
    y[:, :6] = 7.0
    transform, space = Residual(ConditionalMoments(1, 1)), space_of(toy.layout)
    arrays = transform.fit(u, y, space)
    a = transform.encode(arrays, u, y)
    np.testing.assert_array_equal(a[:, :6], 0)
    np.testing.assert_array_equal(field_scale(arrays, u)[:, :6], 1)
    np.testing.assert_allclose(transform.decode(arrays, u, a), y, rtol=1e-12)
