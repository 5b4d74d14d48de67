"""Rational-quadratic spline coupling layers: an invertible map between samples and noise, and its Jacobian.

    x' = P_l x;      z = (x'_1, s(x'_2; theta)),      theta = NN_l(x'_1, features),      l = 1 ... layers

x'_1 is one half of the permuted coordinates and x'_2 the other. s, entry by entry, is an increasing spline of
[-B, B] onto itself, in each of its bins a quotient of two quadratics, and the identity beyond. Both s and its inverse
are closed formulas, so both directions cost one pass; log |det dz/dx| is the sum of the log s'. The last layer of NN_l
starts at zero: the map begins as a permutation.

Everything is float32, whatever JAX's default is. The layers are those of flowjax, an extra: only `flow` imports this.

Source: C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, "Neural Spline Flows", NeurIPS (2019), eq. 4 and 5.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import Coupling, RationalQuadraticSpline
from jax.tree_util import keystr, tree_flatten_with_path
from jaxtyping import Array, Float, Int, Key

REACH = 5
"""B, in standard deviations; a whole number, which leaves float32 what it is."""

Parameters = dict[str, Array]
"""By name, those of all layers behind one another."""


class SplineCoupling:
    """The map; its parameters are given to each call.

    Args:
        orders: P of each layer.
        features: how many numbers tell the conditions, one at least.
        knots: inner knots of a spline.
        width: of the one hidden layer of NN.
    """

    def __init__(self, orders: Int[np.ndarray, "layers k"], *, features: int, knots: int, width: int) -> None:
        self.orders = jnp.asarray(orders)
        self.features, self.knots, self.width = features, knots, width
        trained, self._fixed = eqx.partition(self._layers(jax.random.key(0)), eqx.is_inexact_array)
        paths, self._structure = tree_flatten_with_path(trained)
        self._names = [keystr(path, simple=True, separator=".") for path, _ in paths]

    def initial(self, key: Key[Array, ""]) -> Parameters:
        """Random parameters, with which the map is a permutation."""
        leaves = jax.tree.leaves(eqx.filter(self._layers(key), eqx.is_inexact_array))
        return dict(zip(self._names, leaves, strict=True))

    def to_noise(
        self, parameters: Parameters, x: Float[Array, "n k"], features: Float[Array, "n q"]
    ) -> tuple[Float[Array, "n k"], Float[Array, " n"]]:
        """(z, log |det dz/dx|) of each row."""

        def step(carry: Any, layer: Any) -> Any:
            (x, change), (values, order) = carry, layer
            z, more = jax.vmap(self._layer_with(values).transform_and_log_det)(x[:, order], features)
            return (z, change + more), None

        begin = x, jnp.zeros(len(x), x.dtype)
        return jax.lax.scan(step, begin, (self._as_layers(parameters), self.orders))[0]

    def from_noise(
        self, parameters: Parameters, z: Float[Array, "n k"], features: Float[Array, "n q"]
    ) -> Float[Array, "n k"]:
        """x of each row."""

        def step(z: Any, layer: Any) -> Any:
            values, order = layer
            return jax.vmap(self._layer_with(values).inverse)(z, features)[:, jnp.argsort(order)], None

        return jax.lax.scan(step, z, (self._as_layers(parameters), self.orders), reverse=True)[0]

    def _as_layers(self, parameters: Parameters) -> Any:
        return jax.tree.unflatten(self._structure, [parameters[name] for name in self._names])

    def _layer_with(self, values: Any) -> Coupling:
        return eqx.combine(values, self._fixed)

    def _layers(self, key: Key[Array, ""]) -> Coupling:
        """All layers in one."""
        return eqx.filter_vmap(self._layer)(jax.random.split(key, len(self.orders)))

    def _layer(self, key: Key[Array, ""]) -> Coupling:
        k = self.orders.shape[1]
        layer = Coupling(
            key,
            transformer=_float32(RationalQuadraticSpline(knots=self.knots, interval=REACH)),
            untransformed_dim=k // 2,
            dim=k,
            cond_dim=self.features,
            nn_width=self.width,
            nn_depth=1,
            nn_activation=jax.nn.silu,
        )
        last = layer.conditioner.layers[-1]
        zero = eqx.tree_at(lambda linear: (linear.weight, linear.bias), last, replace_fn=jnp.zeros_like)
        return _float32(eqx.tree_at(lambda it: it.conditioner.layers[-1], layer, zero))


def _float32(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf, tree)
