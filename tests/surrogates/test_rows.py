"""Rows in chunks: where memory is short the images stay, and what is no want of memory is raised."""

import jax
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.memory import Halving
from sgmbench.surrogates.rows import in_chunks

X = np.random.default_rng(0).standard_normal((5_000, 2))


def squares(*, most, tried, says="RESOURCE_EXHAUSTED: no room"):
    def function(rows):
        tried.append(len(rows))
        if len(rows) > most:
            raise jax.errors.JaxRuntimeError(says)
        return rows**2

    return function


def test_chunks_halve_until_memory_suffices_and_stay_as_small():
    clock, tried = Clock(), []
    halving = Halving(clock)
    np.testing.assert_array_equal(in_chunks(squares(most=1_024, tried=tried), X, halving), X**2)
    assert (tried, clock.chunk) == ([2_048, *[1_024] * 5], 1_024)
    np.testing.assert_array_equal(in_chunks(squares(most=1_024, tried=tried), X[:9], halving), X[:9] ** 2)
    assert tried[6:] == [1_024]


def test_one_row_that_finds_no_memory_and_any_other_error_are_raised():
    clock, tried = Clock(), []
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        in_chunks(squares(most=0, tried=tried), X, Halving(clock))
    assert tried == [2**k for k in range(11, -1, -1)]
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        in_chunks(squares(most=0, tried=tried, says="INTERNAL: broken"), X, Halving(clock))
    assert tried[12:] == [2_048]
