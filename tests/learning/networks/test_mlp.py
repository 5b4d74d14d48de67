"""The residual network: zero at first, float32 throughout, and conditioned."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP

SIZE, GIVEN, N = 5, 2, 16


@pytest.fixture
def network():
    return MLP(width=32, blocks=2).build(geometry=Geometry(SIZE), given=GIVEN, rngs=nnx.Rngs(0))


@pytest.fixture(scope="module")
def inputs():
    keys = jax.random.split(jax.random.key(1), 3)
    shapes = ((N, SIZE), (N,), (N, GIVEN))
    return [jax.random.normal(key, shape, jnp.float32) for key, shape in zip(keys, shapes, strict=True)]


def descend(network, inputs, target):
    """One step of gradient descent on the squared error."""
    graph, parameters = nnx.split(network)
    gradient = jax.jit(jax.grad(lambda p: jnp.mean((nnx.merge(graph, p)(*inputs) - target) ** 2)))(parameters)
    return nnx.merge(graph, jax.tree.map(lambda p, g: p - g, parameters, gradient))


def test_is_the_zero_map_at_initialization(network, inputs):
    np.testing.assert_array_equal(network(*inputs), np.zeros((N, SIZE)))


def test_computes_in_float32_alone_forwards_and_backwards(network, inputs, floats):
    assert jax.config.jax_enable_x64
    graph, parameters = nnx.split(network)
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(parameters)} == {"float32"}
    assert floats(lambda p, *x: nnx.merge(graph, p)(*x), parameters, *inputs) == {"float32"}
    loss = jax.grad(lambda p, *x: jnp.sum(nnx.merge(graph, p)(*x) ** 2))
    assert floats(loss, parameters, *inputs) == {"float32"}


def test_the_walk_through_jaxprs_finds_float64(floats):
    hidden = jax.jit(lambda x: jax.lax.scan(lambda c, _: (c + jnp.sum(x.astype("float64")), None), 0.0, None, 2)[0])
    assert floats(hidden, jnp.ones(3, jnp.float32)) == {"float32", "float64"}


def test_noise_level_and_conditions_change_the_output_after_three_steps(network, inputs):
    """Zero weights stand in a row (W_out, W2, FiLM): each step of descent frees the next."""
    x, level, given = inputs
    target = x * level[:, None] + given[:, :1]
    for _ in range(3):
        network = descend(network, inputs, target)
    plain = network(x, level, given)
    assert abs(network(x, level + 1, given) - plain).max() > 1e-6
    assert abs(network(x, level, given + 1) - plain).max() > 1e-6


def test_rows_do_not_see_each_other(network, inputs):
    x, level, given = inputs
    network = descend(network, inputs, x)
    order = np.random.default_rng(2).permutation(N)
    np.testing.assert_allclose(network(x[order], level[order], given[order]), network(*inputs)[order], atol=1e-6)


def test_works_without_conditions():
    network = MLP(width=8, blocks=1).build(geometry=Geometry(3), given=0, rngs=nnx.Rngs(0))
    x, level, nothing = jnp.ones((2, 3), jnp.float32), jnp.zeros(2, jnp.float32), jnp.zeros((2, 0), jnp.float32)
    moved = descend(network, (x, level, nothing), x)
    assert abs(moved(x, level, nothing)).min() > 0
