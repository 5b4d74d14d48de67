"""Training and validation losses of networks whose loss is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.flow import Flow
from sgmbench.diffusion.noises.sub_vp import SubVP
from sgmbench.diffusion.noises.ve import VE
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.objective import (
    Objective,
    loss_by_level,
    training_loss,
    validation_loss,
    validation_quantiles,
)
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP

N, K = 2_000, 20
LAWS = {
    "edm": Objective(EDM(), "edm", "output", "log_normal", -0.8, 1.6),
    "vp": Objective(VP(), "edm", "output", "quadratic", -0.8, 1.6),
    "sub_vp": Objective(SubVP(), "edm", "output", "uniform", -0.8, 1.6),
    "ve": Objective(VE(), "edm", "output", "log_uniform", -0.8, 1.6),
}
RATIO = Objective(Flow(start=0.8, end=0.1), "noise", "data", "uniform", 0.0, 1.0)


class Multiple(nnx.Module):
    """F = theta x."""

    def __init__(self, theta):
        self.theta = nnx.Param(jnp.asarray(theta, jnp.float32))

    def __call__(self, x, level, given):
        return self.theta[...] * x


def multiple(theta):
    return nnx.split(Multiple(theta))


@pytest.fixture(scope="module")
def data():
    keys = jax.random.split(jax.random.key(1))
    return jax.random.normal(keys[0], (N, K), jnp.float32), jax.random.normal(keys[1], (N, 1), jnp.float32)


@pytest.fixture(scope="module")
def losses(data):
    """Of F = theta x, compiled together: (minibatch loss, its slope) by law; loss at each level; validation loss."""
    graph, _ = multiple(0.0)

    def of_minibatch(objective, parameters, key):
        value, slope = jax.value_and_grad(training_loss(graph, objective, batch=512))(parameters, data, key)
        return value, jax.tree.leaves(slope)[0]

    @jax.jit
    def of(parameters, key):
        by_law = {kind: of_minibatch(objective, parameters, key) for kind, objective in LAWS.items()}
        by_level = loss_by_level(graph, LAWS["vp"])(parameters, data)
        return by_law, by_level, validation_loss(graph, LAWS["vp"])(parameters, data)

    return lambda theta, seed: of(multiple(theta)[1], jax.random.key(seed))


@pytest.mark.parametrize("theta", [0.0, 0.5])
def test_losses_on_unit_normal_data_are_those_of_a_target_of_unit_variance(theta, losses):
    """What F is to predict has unit variance and is independent of its input: L = 1 + theta^2, L' = 2 theta."""
    by_law, by_level, _ = losses(theta, 2)
    loss = 1 + theta**2
    for value, slope in by_law.values():
        assert abs(value - loss) < 4.5 * loss * np.sqrt(2 / (512 * K))
        assert abs(slope - 2 * theta) < 4.5 * 2 * np.sqrt((1 + 2 * theta**2) / (512 * K))
    assert (abs(by_level - loss) < 4.5 * loss * np.sqrt(2 / (N * K))).all()


def test_a_minibatch_is_drawn_by_its_key_and_validation_is_always_the_same(losses):
    one, same, other = (losses(0.5, seed) for seed in (0, 0, 1))
    for kind in LAWS:
        assert one[0][kind][0] == same[0][kind][0] != other[0][kind][0]
    np.testing.assert_array_equal(one[1], other[1])
    assert one[2] == other[2]


def test_the_validation_loss_is_the_mean_over_its_levels(losses):
    _, by_level, validation = losses(0.5, 2)
    assert float(validation) == pytest.approx(float(np.mean(by_level)), rel=1e-6)


def test_stratified_levels_have_no_bias_and_less_variance(data):
    """With F = 0 for the noise n, the loss of a row is f |n|^2 / K, f = (t / (1 - t))^2, t uniform on (.1, .8).

    One offset is common to all strata, so that levels add the variance over it of the mean of f over them.
    """
    batch, draws = 4, 2_000
    graph, parameters = multiple(0.0)
    of_minibatch = jax.jit(jax.vmap(training_loss(graph, RATIO, batch=batch), in_axes=(None, None, 0)))
    values = np.asarray(of_minibatch(parameters, data, jax.random.split(jax.random.key(3), draws)), float)
    offset, stratum = (np.arange(1_000) + 0.5) / 1_000, np.arange(batch)[:, None]
    t = 0.1 + 0.7 * (stratum + offset) / batch
    f = (t / (1 - t)) ** 2
    assert abs(values.mean() - f.mean()) < 4.5 * values.std() / np.sqrt(draws)
    variance, independent = f.mean(axis=0).var() + 2 * np.mean(f**2) / K / batch, (1 + 2 / K) * np.mean(f**2) / batch
    assert values.var() == pytest.approx(variance, rel=0.15)
    assert variance < 0.5 * (independent - f.mean() ** 2 / batch)


def test_validation_levels_are_the_midpoints_of_four_equal_parts_of_the_law():
    t = RATIO.levels(validation_quantiles()).sigma
    np.testing.assert_allclose(t, 0.1 + 0.7 * np.array([1, 3, 5, 7]) / 8, rtol=1e-6)


@pytest.mark.parametrize("kind", LAWS)
def test_losses_and_gradients_are_float32(kind, data, floats):
    network = MLP(width=8, blocks=1)
    graph, parameters = nnx.split(
        nnx.eval_shape(lambda: network.build(geometry=Geometry(K), given=1, rngs=nnx.Rngs(0)))
    )
    of_minibatch = training_loss(graph, LAWS[kind], batch=64)
    gradient = jax.grad(lambda p, d: of_minibatch(p, d, jax.random.key(0)))
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(jax.eval_shape(gradient, parameters, data))} == {"float32"}
    assert floats(gradient, parameters, data) == {"float32"}
    assert floats(validation_loss(graph, LAWS[kind]), parameters, data) == {"float32"}
