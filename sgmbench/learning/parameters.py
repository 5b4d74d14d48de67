"""Parameters of a network as the arrays of a Fit, and back.

A Fit holds no structure, only arrays in the order of the tree's leaves; the structure is that of a network built anew
by the same hyperparameters. It is built of shapes alone: drawing parameters would compile a program a layer.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Key, PyTree

Build = Callable[[nnx.Rngs], Any]
"""Draws the parameters of an NNX module."""

Graph = Any
"""The structure of an NNX module, `nnx.merge(graph, parameters)` being the module."""


def drawn(build: Build, key: Key[Array, ""]) -> tuple[Graph, PyTree]:
    """Structure and initial parameters."""
    return nnx.split(build(nnx.Rngs(key)))


def as_arrays(parameters: PyTree) -> dict[str, np.ndarray]:
    """The leaves, by names in their order."""
    return {f"{i:03d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(parameters))}


def restored(build: Build, arrays: dict[str, np.ndarray]) -> tuple[Graph, PyTree]:
    """Structure and parameters from `as_arrays`."""
    graph, like = nnx.split(nnx.eval_shape(lambda: build(nnx.Rngs(0))))
    leaves = [jnp.asarray(arrays[name]) for name in sorted(arrays)]
    return graph, jax.tree.unflatten(jax.tree.structure(like), leaves)
