"""MLP: what it begins to learn; what all networks promise is in `test_networks`."""

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP

GEOMETRY = Geometry(5)


@pytest.fixture
def descend(compiled):
    """An MLP after steps of gradient descent on the squared error, as a function of (x, level, given)."""

    def of(inputs, target, *, steps):
        def learn():
            key = jax.random.key(0, impl="rbg")
            network = MLP(width=8, blocks=2).build(geometry=GEOMETRY, given=inputs[2].shape[1], rngs=nnx.Rngs(key))
            graph, p = nnx.split(network)
            loss = jax.grad(lambda p: jnp.mean((nnx.merge(graph, p)(*inputs) - target) ** 2))
            p = jax.lax.fori_loop(0, steps, lambda _, p: jax.tree.map(lambda a, da: a - da, p, loss(p)), p)
            return nnx.merge(graph, p)

        return compiled(compiled(learn)())

    return of


def test_the_walk_through_jaxprs_finds_float64(floats):
    hidden = jax.jit(lambda x: jax.lax.scan(lambda c, _: (c + jnp.sum(x.astype("float64")), None), 0.0, None, 2)[0])
    assert floats(hidden, jnp.ones(3, jnp.float32)) == {"float32", "float64"}


def test_noise_level_and_conditions_change_the_output_after_three_steps(descend, inputs):
    """Zero weights stand in a row (W_out, W2, FiLM): each step of descent frees the next."""
    x, level, given = inputs(GEOMETRY)
    network = descend((x, level, given), x * level[:, None] + given[:, :1], steps=3)
    plain = network(x, level, given)
    assert abs(network(x, level + 1, given) - plain).max() > 1e-6
    assert abs(network(x, level, given + 1) - plain).max() > 1e-6


def test_works_without_conditions(descend, inputs):
    x, level, _ = inputs(GEOMETRY)
    nothing = jnp.zeros((len(x), 0), jnp.float32)
    assert abs(descend((x, level, nothing), x, steps=1)(x, level, nothing)).min() > 0
