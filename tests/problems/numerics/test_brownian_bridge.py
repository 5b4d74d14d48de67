import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.numerics.brownian_bridge import brownian_bridge, check_levels

T = 0.7


def matrix(n):
    """The linear map from xi to the path, column by column."""
    with jax.enable_x64(True):
        return np.asarray(jax.vmap(lambda xi: brownian_bridge(xi, T), out_axes=1)(jnp.eye(n)))


@pytest.mark.parametrize("n", [1, 2, 8, 64])
def test_the_covariance_of_the_path_is_the_smaller_of_two_times(n):
    t = np.linspace(0, T, n + 1)
    B = matrix(n)
    np.testing.assert_allclose(B @ B.T, np.minimum.outer(t, t), atol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 16])
def test_the_leading_coordinates_alone_decide_every_second_point(n):
    xi = jnp.asarray(np.random.default_rng(0).standard_normal(2 * n))
    np.testing.assert_array_equal(brownian_bridge(xi, T)[::2], brownian_bridge(xi[:n], T))


def test_the_coordinates_are_the_end_the_middle_and_the_quarters_from_left_to_right():
    n = 8
    order = [8, 4, 2, 6, 1, 3, 5, 7]
    assert np.count_nonzero(np.triu(matrix(n)[order], k=1)) == 0
    np.testing.assert_allclose(np.diag(matrix(n)[order]) ** 2, T * np.repeat([1, 1 / 4, 1 / 8, 1 / 16], [1, 1, 2, 4]))


def test_trailing_dimensions_are_paths_of_their_own():
    xi = jnp.asarray(np.random.default_rng(1).standard_normal((16, 2, 3)))
    together = brownian_bridge(xi, T)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[:, i, j], brownian_bridge(xi[:, i, j], T))


def test_the_path_keeps_the_precision_of_the_germ():
    assert brownian_bridge(jnp.ones(4, "float32"), T).dtype == jnp.float32


@pytest.mark.parametrize("n", [0, 3, 12])
def test_steps_that_cannot_be_halved_are_refused(n):
    with pytest.raises(ValueError, match=f"{n} steps; give a power of two"):
        brownian_bridge(jnp.zeros(n), T)


@pytest.mark.parametrize(
    ("steps", "level", "message"),
    [(96, 0, "steps: 96 cannot be halved down to 16; give a power of two"), (64, 3, "64 steps can be halved 2 times")],
)
def test_steps_that_cannot_be_halved_so_often_are_refused(steps, level, message):
    with pytest.raises(ValueError, match=message):
        check_levels(steps, level, coarsest=16)
