"""Every network: zero at first, float32 throughout, conditioned, its rows apart, and no parameter idle."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from sgmbench import registry
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.film_conv import FiLMConv
from sgmbench.learning.networks.fno import FNO
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.networks.unet1d import UNet1D
from sgmbench.learning.networks.unet2d import UNet2D

LINE, PLANE = Geometry(2, (7,)), Geometry(2, (5, 6))
CASES = {
    "mlp": (MLP(width=8, blocks=1), LINE),
    "film_conv": (FiLMConv(width=8, blocks=1, kernel=3), LINE),
    "unet1d": (UNet1D(widths=(8, 12), blocks=1, kernel=3), LINE),
    "unet2d": (UNet2D(widths=(8, 12), blocks=1), PLANE),
    "fno": (FNO(width=8, blocks=1, modes=3), LINE),
    "fno, padded on a plane": (FNO(width=8, blocks=1, modes=2, padding=0.5), PLANE),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture(scope="module")
def moved(case, build):
    return build(*case)


@pytest.fixture(scope="module")
def network(moved, evaluate):
    return evaluate(*moved)


def test_every_registered_network_is_held_to_this():
    assert {registry.kind_of("networks", type(spec)) for spec, _ in CASES.values()} == set(registry.builtin("networks"))


def test_fits_its_geometry(case):
    spec, geometry = case
    assert spec.refusal(geometry) is None


def test_is_the_zero_map_at_initialization(case, moved, inputs, compiled, evaluate):
    spec, geometry = case
    key = jax.random.key(0, impl="rbg")  # the quickest to compile
    initial = compiled(lambda: nnx.state(spec.build(geometry=geometry, given=2, rngs=nnx.Rngs(key))))()
    assert any(np.any(leaf != 0) for leaf in jax.tree.leaves(initial))
    x, level, given = inputs(geometry)
    np.testing.assert_array_equal(evaluate(moved[0], initial)(x, level, given), np.zeros(x.shape))


def test_computes_in_float32_alone_forwards_and_backwards(case, moved, inputs, floats):
    assert jax.config.jax_enable_x64
    graph, parameters = moved
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(parameters)} == {"float32"}
    forwards = lambda p, *x: nnx.merge(graph, p)(*x)  # noqa: E731
    backwards = jax.grad(lambda p, *x: jnp.sum(forwards(p, *x) ** 2))
    for function in (forwards, backwards):
        assert floats(function, parameters, *inputs(case[1])) == {"float32"}  # complex128 would end as float64


def test_noise_level_and_each_condition_change_every_coordinate(case, network, inputs):
    x, level, given = inputs(case[1])
    plain = network(x, level, given)
    for other in (network(x, level + 0.3, given), *(network(x, level, given + e) for e in 0.3 * np.eye(2, dtype="f4"))):
        assert abs(other - plain).min() > 0


def test_rows_do_not_see_each_other(case, network, inputs):
    rows = inputs(case[1])
    order = np.array([2, 0, 1])
    np.testing.assert_allclose(network(*(a[order] for a in rows)), network(*rows)[order], rtol=1e-4, atol=1e-4)


def test_no_parameter_is_idle_but_the_imaginary_part_of_a_constant_mode(case, moved, inputs, compiled):
    graph, parameters = moved
    x = inputs(case[1])
    weights = np.random.default_rng(3).standard_normal(x[0].shape).astype(np.float32)
    gradient = compiled(jax.grad(lambda p: jnp.sum(weights * nnx.merge(graph, p)(*x))))(parameters)
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        idle = np.asarray(leaf) == 0
        if "imaginary" in jax.tree_util.keystr(path):
            constant = (0,) * (leaf.ndim - 2)
            assert idle[constant].all()
            idle[constant] = False
        assert not idle.any(), path
