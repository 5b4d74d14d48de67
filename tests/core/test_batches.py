"""Rows in batches: the same numbers, and never two factorizations beside each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.batches import map_in_batches

X = np.random.default_rng(0).normal(size=(11, 3))


def root(row):
    """Of a covariance that depends on the row."""
    return jnp.linalg.cholesky(jnp.eye(3) * (1 + row @ row) + jnp.outer(row, row))


@pytest.mark.parametrize("n", [0, 1, 4, 5, 8, 11])
def test_each_row_has_its_own_value_whatever_the_batch(n):
    expected = np.array([root(row) for row in X[:n]]).reshape(n, 3, 3)
    np.testing.assert_allclose(map_in_batches(root, jnp.asarray(X[:n]), batch=4), expected, rtol=1e-14)


def test_rows_of_several_arrays_stay_together():
    index, x = jnp.arange(11), jnp.asarray(X)
    found = map_in_batches(lambda pair: {"sum": pair[0] + pair[1].sum()}, (index, x), batch=4)
    np.testing.assert_allclose(found["sum"], np.arange(11) + X.sum(axis=1), rtol=1e-14)


def factorizations(function):
    """How many batched Cholesky factorizations a program of 11 rows has."""
    return jax.jit(function).lower(jnp.asarray(X)).as_text().count("custom_call @lapack_dpotrf")


def test_a_program_has_one_factorization_though_rows_are_left_over():
    """Two that do not depend on each other may wait for each other's threads forever."""
    assert factorizations(lambda x: map_in_batches(root, x, batch=4)) == 1
    assert factorizations(lambda x: jax.lax.map(root, x, batch_size=4)) == 2
