"""Training and validation losses of an untrained and of a wrong network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from sgmbench.diffusion.objective import training_loss, validation_loss
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP

LEVELS = {"log_sigma_mean": -0.8, "log_sigma_sd": 1.6}
K = 20


@pytest.fixture(scope="module")
def untrained():
    return nnx.split(MLP(width=8, blocks=1).build(geometry=Geometry(K), given=1, rngs=nnx.Rngs(0)))


@pytest.fixture(scope="module")
def data():
    keys = jax.random.split(jax.random.key(1))
    return jax.random.normal(keys[0], (2_000, K), jnp.float32), jax.random.normal(keys[1], (2_000, 1), jnp.float32)


@pytest.fixture(scope="module")
def validate(untrained):
    return jax.jit(validation_loss(untrained[0], **LEVELS))


@pytest.fixture(scope="module")
def of_minibatch(untrained):
    return jax.jit(training_loss(untrained[0], batch=512, **LEVELS))


def test_the_untrained_loss_is_one_on_unit_normal_data(untrained, data, validate, of_minibatch):
    """Its error is chi^2 / (count of numbers), of the data at most: 2,000 x 20."""
    _, parameters = untrained
    assert abs(validate(parameters, data) - 1) < 4.5 * np.sqrt(2 / (2_000 * K))
    assert abs(of_minibatch(parameters, data, jax.random.key(2)) - 1) < 5 * np.sqrt(2 / (512 * K))


def test_only_the_validation_loss_is_always_the_same(untrained, data, validate, of_minibatch):
    _, parameters = untrained
    assert validate(parameters, data) == validate(parameters, data)
    one, same, other = (of_minibatch(parameters, data, jax.random.key(seed)) for seed in (0, 0, 1))
    assert one == same != other


def test_losses_and_gradients_are_float32(untrained, data, floats):
    graph, parameters = untrained
    of_minibatch = training_loss(graph, batch=64, **LEVELS)
    gradient = jax.grad(lambda p, d: of_minibatch(p, d, jax.random.key(0)))
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(jax.eval_shape(gradient, parameters, data))} == {"float32"}
    assert floats(gradient, parameters, data) == {"float32"}
    assert floats(validation_loss(graph, **LEVELS), parameters, data) == {"float32"}
