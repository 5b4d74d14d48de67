"""Conditional scale: unit variance wherever the conditions are."""

import numpy as np
import pytest

from sgmbench.learning.representations.conditional_scale import ConditionalScale, scale_at
from sgmbench.learning.space import without_place

SPACE = without_place(2, is_centered=True)


def test_it_finds_a_log_linear_scale():
    """Of n squares a log variance of p coefficients errs by sqrt(2 p / n): of a standard deviation by half of it."""
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (4_000, 1))
    exact = np.exp(np.hstack([u - 0.5 * u**2, 3 - 0.8 * u]))
    arrays = ConditionalScale(degree=2).fit(u, exact * rng.standard_normal((4_000, 2)), SPACE)
    assert abs(np.log(scale_at(arrays, u) / exact)).max() < 4 * np.sqrt(3 / 4_000 / 2)


def test_of_degree_zero_it_is_the_root_mean_square():
    rng = np.random.default_rng(1)
    u, x = rng.uniform(-1, 1, (100, 1)), rng.standard_normal((100, 2)) * [1.0, 1e-3]
    arrays = ConditionalScale(degree=0).fit(u, x, SPACE)
    np.testing.assert_allclose(scale_at(arrays, u[:1])[0], np.sqrt(np.mean(x**2, axis=0)), rtol=1e-5)


@pytest.mark.parametrize("constant", [0.0, 100.1])
def test_constants_are_left_alone(constant):
    rng = np.random.default_rng(2)
    u, x = rng.uniform(-1, 1, (100, 1)), np.stack([rng.standard_normal(100), np.full(100, constant)], axis=1)
    for values in (x, x[:, [1, 1]]):
        arrays = ConditionalScale(degree=1).fit(u, values, SPACE)
        np.testing.assert_array_equal(scale_at(arrays, u)[:, 1], 1)
