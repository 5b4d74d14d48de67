import jax
import jax.numpy as jnp
import numpy as np

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.finite_volumes import (
    boundary_outflow,
    centers,
    diagonal,
    outflow,
    transmissibilities,
)

A = jnp.asarray(np.exp(2 * np.random.default_rng(0).standard_normal((6, 6))))


def matrix(a):
    n, t = len(a), transmissibilities(a)
    return jax.vmap(lambda e: outflow(t, e.reshape(n, n)).ravel())(jnp.eye(n * n)).T


def test_through_layers_the_flux_is_exact():
    """p of one unit of flux through layers is piecewise linear; its kinks are on faces."""
    n = 8
    layers = np.array([1.0, 1.0, 100.0, 3.0, 3.0, 0.01, 7.0, 7.0])
    resistance = 1 / (n * layers)
    p = np.cumsum(resistance) - resistance / 2
    for transpose in (False, True):
        a, values = (np.repeat(each[:, None], n, axis=1) for each in (layers, p))
        a, values = (a.T, values.T) if transpose else (a, values)
        across = transmissibilities(jnp.asarray(a))[transpose]
        across = np.asarray(across).T if transpose else np.asarray(across)
        np.testing.assert_allclose(across[1:-1] * np.diff(p)[:, None], 1 / n, rtol=1e-12)
        np.testing.assert_allclose(across[0] * p[0], 1 / n, rtol=1e-12)
        np.testing.assert_allclose(across[-1] * (resistance.sum() - p[-1]), 1 / n, rtol=1e-12)


def test_with_constant_coefficients_it_is_the_five_point_laplacian():
    n = 16
    p = np.sin(np.pi * centers(n))[:, None] * np.sin(3 * np.pi * centers(n))
    eigenvalue = 4 * np.sin(np.pi / (2 * n)) ** 2 + 4 * np.sin(3 * np.pi / (2 * n)) ** 2
    found = outflow(transmissibilities(5 * jnp.ones((n, n))), jnp.asarray(p))
    np.testing.assert_allclose(found, 5 * eigenvalue * p, atol=1e-13)


def test_the_matrix_is_symmetric_positive_definite_and_has_the_diagonal_that_is_claimed():
    M = np.asarray(matrix(A))
    np.testing.assert_allclose(M, M.T, rtol=1e-14, atol=0)
    assert np.linalg.eigvalsh(M).min() > 0
    assert (M - np.diag(np.diag(M)) <= 0).all()
    np.testing.assert_allclose(np.diag(M), np.ravel(diagonal(transmissibilities(A))), rtol=1e-14)


def test_what_flows_out_of_all_cells_flows_through_the_boundary():
    p = jnp.asarray(np.random.default_rng(1).standard_normal((6, 6)))
    total = float(outflow(transmissibilities(A), p).sum())
    assert abs(total) > 1
    np.testing.assert_allclose(boundary_outflow(A, p), total, rtol=1e-12)
