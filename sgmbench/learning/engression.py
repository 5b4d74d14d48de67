"""Engression: a Gaussian draw bent by a network, and the energy score that trains it.

    b = f(u, e) = L e + s F_theta(L e / s; u, e),    e ~ N(0, I_p),    a = c + r b

    min_theta  E [ 1/m sum_j |f(u, e_j) - b| - 1/(m (m - 1)) sum_{j < l} |f(u, e_j) - f(u, e_l)| ]

over pairs (u, b) and m draws of noise for each. For any m >= 2 it is unbiased for E|X - Y| - E|X - X'|/2, X of the
network's law at u and Y of the true one: half their energy distance and a constant, least for the true law alone.
There is no adversary, no density and no noise level.

a are coordinates, c and r^2 their mean and mean variance, s and L L' standard deviations and covariance of b: F begins
as the zero map, so f begins as the Gaussian of the coordinates. L reads the first k of the p numbers in e; with p < k
it keeps its leading directions, and the law has p dimensions. e modulates F's layers beside u: they normalize what
passes through them, and would not tell how long e is. Cost: m evaluations a pair and step; all in float32.

Sources: X. Shen, N. Meinshausen, "Engression: extrapolation through the lens of distributional regression", J. R. Stat.
Soc. B (2024), doi:10.1093/jrsssb/qkae108; T. Gneiting, A. Raftery, "Strictly proper scoring rules, prediction, and
estimation", J. Am. Stat. Assoc. 102 (2007) 359-378.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int, Key, PyTree

from sgmbench.core.devices import spread_within
from sgmbench.learning.network import Module
from sgmbench.learning.parameters import Graph
from sgmbench.learning.space import varying

VALIDATION_DRAWS = 8


class Frame(NamedTuple):
    """Coordinates a = c + r b, and the Gaussian of b.

    Attributes:
        center: c.
        unit: r, the root mean square standard deviation of the coordinates that vary.
        scale: s, 0 for a constant coordinate.
        root: L, of orthogonal columns, the longest first.
    """

    center: Float[np.ndarray, " k"]
    unit: Float[np.ndarray, ""]
    scale: Float[np.ndarray, " k"]
    root: Float[np.ndarray, "k k"]


class Data(NamedTuple):
    """What a loss is computed from, float32: rows of b with their condition features, L and s."""

    b: Float[Array, "n k"]
    features: Float[Array, "n q"]
    root: Float[Array, "k k"]
    scale: Float[Array, " k"]

    def only(self, rows: Int[Array, " m"]) -> "Data":
        """Some of the rows."""
        return self._replace(b=self.b[rows], features=self.features[rows])


def frame_of(a: Float[np.ndarray, "n k"]) -> Frame:
    """The frame of n rows."""
    varies = varying(a)
    center = np.where(varies, a.mean(axis=0), a[0])
    rest = (a - center) * varies
    unit = np.sqrt(np.mean(rest[:, varies] ** 2)) if varies.any() else np.array(1.0)
    b = rest / unit
    variance, vectors = np.linalg.eigh(b.T @ b / len(b))
    root = varies[:, None] * vectors * np.sqrt(np.maximum(variance, 0))
    return Frame(center, np.asarray(unit), b.std(axis=0) * varies, root[:, ::-1])


def data_of(frame: Frame, a: Float[np.ndarray, "n k"], features: Float[np.ndarray, "n q"]) -> Data:
    """The rows a in their frame."""
    b = (a - frame.center) / frame.unit
    return Data(*(jnp.asarray(each, jnp.float32) for each in (b, features, frame.root, frame.scale)))


def generate(
    module: Module,
    noise: Float[Array, "n p"],
    features: Float[Array, "n q"],
    root: Float[Array, "k k"],
    scale: Float[Array, " k"],
) -> Float[Array, "n k"]:
    """f(u, e) of each row."""
    e = noise[:, : len(scale)]
    gaussian = e @ root[:, : e.shape[1]].T
    x = gaussian / jnp.where(scale > 0, scale, 1)
    given = jnp.concatenate([features, noise], axis=1)
    return gaussian + scale * module(x, jnp.zeros(len(x), jnp.float32), given)


def energy_score(x: Float[Array, "m k"], y: Float[Array, " k"]) -> Float[Array, ""]:
    """1/m sum_j |x_j - y| - 1/(m (m - 1)) sum_{j < l} |x_j - x_l| of m >= 2 draws."""
    first, second = np.triu_indices(len(x), 1)
    return jnp.mean(_length(x - y)) - jnp.mean(_length(x[first] - x[second])) / 2


def _length(v: Float[Array, "m k"]) -> Float[Array, " m"]:
    """Euclid's norm of rows, of gradient 0 at 0."""
    squares = jnp.sum(v**2, axis=-1)
    return jnp.where(squares > 0, jnp.sqrt(jnp.where(squares > 0, squares, 1)), 0)


def training_loss(
    graph: Graph, *, batch: int, draws: int, noise: int
) -> Callable[[PyTree, Data, Key[Array, ""]], Float[Array, ""]]:
    """Mean energy score of one random minibatch, drawn by its key."""

    def of_minibatch(parameters: PyTree, data: Data, key: Key[Array, ""]) -> Float[Array, ""]:
        row_key, noise_key = jax.random.split(key)
        rows = data.only(spread_within(jax.random.randint(row_key, (batch,), 0, len(data.b))))
        e = jax.random.normal(noise_key, (draws * batch, noise), jnp.float32)
        features = jnp.tile(rows.features, (draws, 1))
        x = generate(nnx.merge(graph, parameters), e, features, rows.root, rows.scale)
        return jnp.mean(jax.vmap(energy_score, (1, 0))(x.reshape(draws, batch, -1), rows.b))

    return of_minibatch


def validation_loss(graph: Graph, *, noise: int) -> Callable[[PyTree, Data], Float[Array, ""]]:
    """Mean energy score of all rows, with noise that is always the same."""

    def of_rows(parameters: PyTree, data: Data) -> Float[Array, ""]:
        module = nnx.merge(graph, parameters)

        def draw(key: Key[Array, ""]) -> Float[Array, "n k"]:
            e = jax.random.normal(key, (len(data.b), noise), jnp.float32)
            return generate(module, e, data.features, data.root, data.scale)

        x = jax.lax.map(draw, jax.random.split(jax.random.key(0), VALIDATION_DRAWS))
        return jnp.mean(jax.vmap(energy_score, (1, 0))(x, data.b))

    return of_rows
