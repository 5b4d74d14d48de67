"""Networks away from their zero beginning, and inputs."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

GIVEN, ROWS = 2, 3


@pytest.fixture(scope="session")
def build() -> Callable:
    """(graph, parameters) of a network for a geometry, every parameter normal noise of one size.

    The initial values are only traced: drawing them would compile as many small programs as there are layers.
    """

    def of(spec, geometry, *, noise=0.3):
        create = lambda: spec.build(geometry=geometry, given=GIVEN, rngs=nnx.Rngs(0))  # noqa: E731
        graph, parameters = nnx.split(nnx.eval_shape(create))
        rng = np.random.default_rng(1)
        return graph, jax.tree.map(lambda p: jnp.asarray(noise * rng.standard_normal(p.shape), p.dtype), parameters)

    return of


@pytest.fixture(scope="session")
def inputs() -> Callable:
    """(x, level, given) of three rows for a geometry."""

    def of(geometry):
        rng = np.random.default_rng(2)
        shapes = ((ROWS, geometry.size), (ROWS,), (ROWS, GIVEN))
        return [jnp.asarray(rng.standard_normal(shape), jnp.float32) for shape in shapes]

    return of


@pytest.fixture(scope="session")
def compiled() -> Callable:
    """A function compiled in haste: most of the time of these tests would go into optimizing small programs."""
    return partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


@pytest.fixture(scope="session")
def evaluate(compiled) -> Callable:
    """The output of (graph, parameters) as a function of (x, level, given)."""

    def of(graph, parameters):
        network = compiled(lambda p, *inputs: nnx.merge(graph, p)(*inputs))
        return lambda *inputs: np.asarray(network(parameters, *inputs))

    return of


@pytest.fixture(scope="session")
def jacobian(compiled) -> Callable:
    """The derivative [k, k] of (graph, parameters) with respect to x at the first of rows."""

    def of(graph, parameters, rows):
        x, level, given = (a[:1] for a in rows)
        derivative = compiled(jax.jacfwd(lambda x, p: nnx.merge(graph, p)(x, level, given)[0]))
        return np.asarray(derivative(x, parameters))[:, 0]

    return of
