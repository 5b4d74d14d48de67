import jax.numpy as jnp
import numpy as np

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.finite_volumes import centers
from sgmbench.problems.numerics.nested_cells import block_means, interpolate


def wave(n):
    return np.sin(np.pi * centers(n))[:, None] * np.sin(2 * np.pi * centers(n))


def order(errors):
    return np.polyfit(np.arange(len(errors)), -np.log2(errors), 1)[0]


def test_means_keep_the_integral_and_commute():
    field = jnp.asarray(np.random.default_rng(0).standard_normal((16, 16)))
    np.testing.assert_allclose(block_means(field, 4).mean(), field.mean(), atol=1e-15)
    np.testing.assert_allclose(block_means(block_means(field, 2), 2), block_means(field, 4), atol=1e-15)
    np.testing.assert_allclose(block_means(field, 2)[3, 1], field[6:8, 2:4].mean(), atol=1e-15)


def test_interpolation_keeps_what_it_starts_from_and_is_exact_for_products_of_ramps():
    field = jnp.asarray(np.random.default_rng(1).standard_normal((5, 5)))
    np.testing.assert_allclose(interpolate(field, 15)[1::3, 1::3], field, atol=1e-15)
    np.testing.assert_array_equal(interpolate(field, 5), field)
    tent = {n: np.minimum(centers(n), 9 * (1 - centers(n))) for n in (5, 20)}  # the kink at 0.9, a center
    fine = interpolate(jnp.asarray(np.outer(tent[5], tent[5])), 20)
    np.testing.assert_allclose(fine, np.outer(tent[20], tent[20]), atol=1e-15)


def test_both_are_of_order_two():
    meshes = (8, 16, 32, 64)
    down = [np.abs(block_means(jnp.asarray(wave(2 * n)), 2) - wave(n)).max() for n in meshes]
    up = [np.abs(interpolate(jnp.asarray(wave(n)), 256) - wave(256)).max() for n in meshes]
    assert abs(order(down) - 2) < 0.15
    assert abs(order(up) - 2) < 0.15
