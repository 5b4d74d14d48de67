"""Convolutions as shift and product are those of SciPy."""

import jax
import numpy as np
import pytest
from flax import nnx
from scipy.ndimage import correlate

from sgmbench.learning.networks.shifted_convolution import Convolution

SCIPY = {"replicate": "nearest", "periodic": "wrap"}


@pytest.mark.parametrize("ends", SCIPY)
@pytest.mark.parametrize(("grid", "kernel"), [((9,), 7), ((3,), 7), ((5, 4), 3)])
def test_equals_the_correlation_of_scipy(grid, kernel, ends, compiled):
    key = jax.random.key(0, impl="rbg")
    layer = compiled(lambda: Convolution(2, 3, nnx.Rngs(key), kernel=kernel, dimensions=len(grid), ends=ends))()
    h = np.random.default_rng(1).standard_normal((2, *grid, 2)).astype(np.float32)
    W = np.asarray(layer.dense.linear.kernel[...]).reshape(*[kernel] * len(grid), 2, 3)
    expected = [
        [sum(correlate(row[..., i], W[..., i, o], mode=SCIPY[ends]) for i in range(2)) for o in range(3)] for row in h
    ]
    np.testing.assert_allclose(compiled(layer)(h), np.moveaxis(np.array(expected), 1, -1), atol=1e-5)
