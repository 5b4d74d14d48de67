"""Products of matrices in bfloat16: all of them, forwards and backwards, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.extend.core import jaxprs_in_params

from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.objective import training_loss
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.film_conv import FiLMConv
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.networks.unet2d import UNet2D
from sgmbench.learning.precision import product_in_bfloat16, with_precision
from sgmbench.learning.training import Training
from sgmbench.surrogates.energy_score import EnergyScoreNetwork
from sgmbench.surrogates.flow import Flow
from sgmbench.surrogates.network import NetworkSurrogate

KEY = jax.random.key(0)
DIMENSIONS = (((1,), (0,)), ((), ()))
IN_BFLOAT16 = Training(precision="bfloat16")
FLOATS = {"bfloat16", "float32", "float64"}
MOVES = ("convert_element_type", "transpose")
SIZES = {Diffusion: (Geometry(3), 2), EnergyScoreNetwork: (Geometry(3), 2), NetworkSurrogate: (3, 2)}
CASES = {
    "mlp": (MLP(width=8, blocks=1), Geometry(3)),
    "film_conv": (FiLMConv(width=8, blocks=1, kernel=3), Geometry(2, (7,))),
    "unet2d": (UNet2D(widths=(8, 12), blocks=1), Geometry(1, (4, 6))),
}


def shaped(build):
    """Structure and shapes of the parameters, none of which is drawn."""
    return nnx.split(nnx.eval_shape(lambda: build(nnx.Rngs(0))))


def products(function, *arguments):
    """Of which types the factors of products are, and of which all other numbers with a point."""
    multiplied, others = set(), set()

    def look(jaxpr):
        for equation in jaxpr.eqns:
            inner = list(jaxprs_in_params(equation.params))
            for each in inner:
                look(each)
            if not inner and equation.primitive.name not in MOVES:
                types = {str(each.aval.dtype) for each in equation.invars}
                (multiplied if equation.primitive.name == "dot_general" else others).update(types & FLOATS)

    look(jax.make_jaxpr(function)(*arguments).jaxpr)
    return multiplied, others


@pytest.mark.parametrize("name", CASES)
def test_all_products_of_a_loss_and_of_its_gradient_are_in_bfloat16_and_nothing_else_is(name):
    network, geometry = CASES[name]
    method = Diffusion(network=network, training=IN_BFLOAT16)
    graph, parameters = shaped(method._build(geometry, 1))
    data = (jnp.ones((9, geometry.size), jnp.float32), jnp.ones((9, 1), jnp.float32))
    gradient = jax.value_and_grad(training_loss(graph, method.objective, batch=4))
    assert products(gradient, parameters, data, KEY) == ({"bfloat16"}, {"float32"})
    found = (parameters, jax.eval_shape(gradient, parameters, data, KEY))
    assert {str(each.dtype) for each in jax.tree.leaves(found)} == {"float32"}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("method", [Diffusion, EnergyScoreNetwork, NetworkSurrogate])
def test_every_network_multiplies_as_its_training_says(method, precision):
    graph, parameters = shaped(method(training=Training(precision=precision))._build(*SIZES[method]))
    x = [jnp.ones((5, 3), jnp.float32), jnp.ones(5, jnp.float32), jnp.ones((5, 2), jnp.float32)]
    inputs = x[: 1 if method is NetworkSurrogate else 3]
    assert products(lambda p: nnx.merge(graph, p)(*inputs), parameters) == ({precision}, {"float32"})


def test_numbers_of_eight_bits_are_multiplied_exactly():
    left, right = (jnp.asarray(np.random.default_rng(i).integers(-4, 5, (7, 7)), jnp.float32) for i in range(2))
    exact = np.asarray(left) @ np.asarray(right)
    np.testing.assert_array_equal(product_in_bfloat16(left, right, DIMENSIONS), exact, strict=True)


def test_others_to_three_roundings():
    """Of both factors and of their sum, which is made in float32: |r - AB| <= ((1 + u)^3 - 1) |A||B|, u = 2^-9."""
    left, right = (np.random.default_rng(i).standard_normal((64, 64)).astype(np.float32) for i in range(2))
    made = jax.jit(lambda *factors: product_in_bfloat16(*factors, DIMENSIONS))(left, right)
    off = np.abs(made - left @ right)
    assert (off <= ((1 + 2**-9) ** 3 - 1 + 1e-5) * (np.abs(left) @ np.abs(right))).all()
    assert off.max() > 2**-9


def test_a_compiled_gradient_is_made_of_rounded_factors():
    """dL/dA = r(r(G) r(B)^T), by hand in float64; a compiler may leave conversions out that change nothing but bits."""
    A, B, G = (np.random.default_rng(i).standard_normal((16, 16)).astype(np.float32) for i in range(3))
    gradient = jax.jit(jax.grad(lambda a: jnp.sum(G * product_in_bfloat16(a, jnp.asarray(B), DIMENSIONS))))(A)
    r = lambda x: np.asarray(jnp.asarray(x, jnp.bfloat16), np.float64)  # noqa: E731
    np.testing.assert_allclose(gradient, r(G) @ r(B).T, rtol=2**-8, atol=1e-6)
    np.testing.assert_array_equal(gradient, r(gradient))
    assert np.abs(gradient - G.astype(float) @ B.T.astype(float)).max() > 2**-9


def test_a_layer_of_somebody_elses_is_found_wherever_it_is():
    class Own(nnx.Module):
        def __init__(self, rngs):
            self.layers = nnx.List([nnx.Linear(2, 2, rngs=rngs), nnx.LinearGeneral(2, 2, rngs=rngs)])

        def __call__(self, x):
            return self.layers[1](self.layers[0](x))

    own = with_precision(Own(nnx.Rngs(0)), "bfloat16")
    assert products(own, jnp.ones((3, 2), jnp.float32))[0] == {"bfloat16"}
    assert products(with_precision(Own(nnx.Rngs(0)), "float32"), jnp.ones((3, 2), jnp.float32))[0] == {"float32"}


def test_a_flow_multiplies_in_float32():
    with pytest.raises(ValueError, match=r"^training: a flow multiplies in float32; leave out precision: bfloat16$"):
        Flow(training=IN_BFLOAT16)
