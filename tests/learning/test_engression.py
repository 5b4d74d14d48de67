"""Engression: the score's expectation, minimum and gradient, and the floats of its losses."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.special import gamma
from scipy.stats import norm

from sgmbench.learning.engression import data_of, energy_score, frame_of, training_loss, validation_loss
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP


def scores(x, y):
    return np.asarray(jax.vmap(energy_score)(jnp.asarray(x), jnp.asarray(y)), float)


def length(k):
    """E|n| of n ~ N(0, I_k)."""
    return np.sqrt(2) * gamma((k + 1) / 2) / gamma(k / 2)


def folded(mean, sd):
    """E|mean + sd n|."""
    return sd * np.sqrt(2 / np.pi) * np.exp(-((mean / sd) ** 2) / 2) + mean * (1 - 2 * norm.cdf(-mean / sd))


@pytest.mark.parametrize("m", [2, 5])
@pytest.mark.parametrize(
    ("k", "shift", "scale"), [(1, 0.3, 1.0), (1, 0.0, 0.8), (1, -0.5, 1.4), (4, 0, 0.8), (4, 0, 1.2)]
)
def test_the_score_is_unbiased_and_least_for_the_true_law(m, k, shift, scale):
    """Draws N(shift, scale^2 I) against y ~ N(0, I): E|X - Y| - E|X - X'|/2 in closed form, and less for the truth."""
    n, rng = 50_000, np.random.default_rng(1)
    y, e = rng.standard_normal((n, k)), rng.standard_normal((n, m, k))
    apart = np.sqrt(1 + scale**2)
    to_y = folded(shift, apart) if k == 1 else apart * length(k)
    exact = to_y - scale * length(k) / np.sqrt(2)
    wrong, right = scores(shift + scale * e, y), scores(e, y)
    assert abs(wrong.mean() - exact) < 4 * wrong.std() / np.sqrt(n)
    assert abs(right.mean() - length(k) / np.sqrt(2)) < 4 * right.std() / np.sqrt(n)
    more = wrong - right
    assert more.mean() > 4 * more.std() / np.sqrt(n)


def test_the_score_has_a_gradient_where_draws_coincide():
    """Zero between equal draws; 1/m towards y from each draw."""
    x, y = jnp.zeros((3, 2)), jnp.array([3.0, 4.0])
    np.testing.assert_allclose(jax.grad(energy_score)(x, y), np.tile([-0.6, -0.8], (3, 1)) / 3, rtol=1e-12)
    np.testing.assert_array_equal(jax.grad(energy_score)(x, jnp.zeros(2)), 0)


def test_computes_in_float32_alone():
    """Arrays of any shape, in the gradient of the loss and in the score that stops early; under x64, which is on."""
    a = np.random.default_rng(13).standard_normal((30, 3))
    data = data_of(frame_of(a), a, np.zeros((30, 2)))
    network = MLP(width=8, blocks=1).build(geometry=Geometry(3), given=2 + 8, rngs=nnx.Rngs(0))
    graph, parameters = nnx.split(network)
    loss = jax.make_jaxpr(jax.grad(training_loss(graph, batch=16, draws=3, noise=8)))(
        parameters, data, jax.random.key(0)
    )
    score = jax.make_jaxpr(validation_loss(graph, noise=8))(parameters, data)
    assert jax.config.jax_enable_x64
    for text in map(str, (loss, score)):
        assert "f32[48,3]" in text or "f32[30,3]" in text
        assert not re.findall(r"f64\[\d", text)
