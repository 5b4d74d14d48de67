from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.squared_exponential import scaled_modes
from sgmbench.problems.numerics.tensor_germ import tensor_germ

LENGTHS = (0.1, 0.2, 0.5)
POINTS, WEIGHTS = (each / 2 for each in np.polynomial.legendre.leggauss(101))
POINTS = POINTS + 0.5
GRID = np.linspace(0, 1, 65)

on_grid, at_points = (jax.jit(partial(scaled_modes, x, modes=12)) for x in (GRID, POINTS))
derivatives = jax.jit(jax.jacfwd(on_grid))


def kernel(x, length):
    return np.exp(-((x[:, None] - x) ** 2) / (2 * length**2))


@pytest.mark.parametrize(("length", "lost"), [(0.1, 8.6e-3), (0.2, 7.2e-7), (0.5, 3e-12)])
def test_the_modes_add_up_to_the_covariance(length, lost):
    """What is lost is largest at both ends."""
    m = np.asarray(on_grid(jnp.asarray(length)))
    assert np.abs(m @ m.T - kernel(GRID, length)).max() < lost


@pytest.mark.parametrize("length", LENGTHS)
def test_the_modes_solve_the_eigenvalue_problem(length):
    """By another quadrature: orthogonal, and K phi = lambda phi, to round-off over delta^1/2."""
    m = np.asarray(at_points(jnp.asarray(length)))
    gram = m.T @ (WEIGHTS[:, None] * m)
    eigenvalues = np.diag(gram)
    np.testing.assert_allclose(gram, np.diag(eigenvalues), atol=1e-9)
    assert (np.diff(eigenvalues) < 0).all()
    np.testing.assert_allclose(kernel(POINTS, length) @ (WEIGHTS[:, None] * m), m * eigenvalues, atol=1e-9)


@pytest.mark.parametrize("length", LENGTHS)
def test_signs_are_fixed_and_modes_alternate_in_parity(length):
    m = np.asarray(on_grid(jnp.asarray(length)))
    assert (m[-1] > 0).all()
    np.testing.assert_allclose(m[::-1], m * (-1.0) ** np.arange(12), atol=1e-8)


@pytest.mark.parametrize("length", LENGTHS)
def test_the_modes_do_not_depend_on_the_mesh(length):
    coarse = scaled_modes(GRID[::8], jnp.asarray(length), modes=12)
    np.testing.assert_allclose(on_grid(jnp.asarray(length))[::8], coarse, atol=1e-9)


@pytest.mark.parametrize("length", LENGTHS)
def test_the_order_of_the_germ_is_nearly_that_of_the_eigenvalues(length):
    """The first coefficients carry all but 1 % of the variance that as many could."""
    m = np.asarray(at_points(jnp.asarray(length)))
    eigenvalues = (m**2).T @ WEIGHTS
    variances = np.outer(eigenvalues, eigenvalues).ravel()
    place = np.asarray(tensor_germ(jnp.arange(144.0))).ravel().astype(int)
    ours = np.cumsum(variances[np.argsort(place)])
    assert (ours >= 0.99 * np.cumsum(np.sort(variances)[::-1])).all()


@pytest.mark.parametrize("length", LENGTHS)
def test_derivatives_in_the_length_agree_with_finite_differences(length):
    h = 1e-3 * length
    difference = (on_grid(jnp.asarray(length + h)) - on_grid(jnp.asarray(length - h))).sum(axis=1) / (2 * h)
    derivative = derivatives(jnp.asarray(length)).sum(axis=1)
    np.testing.assert_allclose(derivative, difference, rtol=1e-5, atol=1e-5)
