"""Network surrogate: the map from conditions and germ to the output, regressed by a residual multilayer perceptron.

    x       = (u, xi) or (u, features(z, xi)), standardized
    h_0     = W_in x
    h_{b+1} = h_b + W2 silu(W1 h_b),      b = 0 ... blocks - 1
    a       = s * (W_out h_blocks),       minimizing  E |a - a(y; u)|^2 / E |a(y; u)|^2
    y       = m(u) + s_f(u) V a

a(y; u) are coordinates of the output, s their root mean squares over the runs. By default mean m and scale s_f of each
field at the conditions u are taken out first, and Karhunen-Loeve modes kept but for a millionth of the variance:
float32 numbers and a squared error then have as many digits where the spread is small as elsewhere. W2 and W_out start
at zero, so the network begins as the conditional mean.

The samples are images of fresh germs, exact draws from the law of the network's output; that law is off by the error of
regression, which does not fall with more samples. A sample costs one evaluation; training costs steps x batch of them,
forwards and back.

Source: R. Tripathy, I. Bilionis, "Deep UQ: Learning deep neural network surrogate models for high dimensional
uncertainty quantification", J. Comput. Phys. 375 (2018) 565-588.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.devices import spread_within
from sgmbench.core.memory import Halving
from sgmbench.core.method import Surrogate
from sgmbench.errors import CellError
from sgmbench.learning.networks.layers import Dense
from sgmbench.learning.parameters import Build, as_arrays, drawn, restored
from sgmbench.learning.precision import with_precision
from sgmbench.learning.representation import Representation, decode, fit_representation
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual
from sgmbench.learning.training import Training, split_held_out, told_of_training, train
from sgmbench.surrogates.rows import in_chunks, inputs_of, without_repeats

FEWEST_RUNS = 4

Data = tuple[Float[Array, "n p"], Float[Array, "n k"], Float[Array, " k"]]
"""(inputs, coordinates over their root mean squares, their shares of the mean square), float32."""


@dataclass(frozen=True)
class NetworkSurrogate(Surrogate):
    """A network that maps conditions and germ, or the problem's features, to the output.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        width: of the hidden layers.
        blocks: residual blocks.
        training: how long and how fast it learns.
    """

    takes_features = True

    representation: Representation = (Residual(), KarhunenLoeve(lost_variance=1e-6, modes=100))
    width: Annotated[int, Ge(8)] = 256
    blocks: Annotated[int, Ge(1)] = 3
    training: Training = field(default_factory=Training)

    def evaluations(self):
        return 1

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if len(pairs.learned) < FEWEST_RUNS:
            raise CellError(f"network learns from {FEWEST_RUNS} runs at least; it was given {len(pairs.learned)}")
        split_key, network_key, train_key = jax.random.split(key, 3)
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        x, rms = inputs_of(pairs), np.sqrt(np.mean(a**2, axis=0))
        standard = {"center": x.mean(axis=0), "unit": _or_one(x.std(axis=0))}
        inputs, outputs = _standardized(x, standard), jnp.asarray(a / _or_one(rms), jnp.float32)
        graph, parameters = drawn(self._build(x.shape[1], a.shape[1]), network_key)
        weights = jnp.asarray(rms**2 / (np.sum(rms**2) or 1.0), jnp.float32)
        rows, held_out = split_held_out(len(a), self.training.held_out, split_key)
        trained = train(
            of_minibatch(unexplained(graph), batch=self.training.batch),
            unexplained(graph),
            parameters,
            (inputs[rows], outputs[rows], weights),
            (inputs[held_out], outputs[held_out], weights),
            plan=self.training,
            key=train_key,
            clock=clock,
            progress=progress,
            checkpoints=checkpoints,
            program=(self, x.shape[1], a.shape[1]),
        )
        return {
            "representation": representation,
            "inputs": standard,
            "rms": rms,
            "parameters": as_arrays(trained.parameters),
            **trained.record,
        }

    def prepare_map(self, fit, *, clock):
        sizes = len(fit["inputs"]["center"]), len(fit["rms"])
        graph, parameters = restored(self._build(*sizes), fit["parameters"])
        evaluate = clock.jit(lambda values, x: nnx.merge(graph, values)(x), "sample", program=(self, *sizes))
        halving = Halving(clock)

        def predict(given, germ):
            x = _standardized(np.hstack([given, germ]), fit["inputs"])
            a = fit["rms"] * in_chunks(lambda rows: evaluate(parameters, rows), np.asarray(x), halving)
            return decode(self.representation, fit["representation"], without_repeats(given), a)

        return predict

    def diagnose(self, fit, pairs, *, key):
        """Steps taken and planned, and the share of the coordinates' variance that held-out runs find unexplained."""
        return told_of_training(fit) | {"unexplained": float(fit["best"])}

    def _build(self, inputs: int, outputs: int) -> Build:
        sizes, precision = {"width": self.width, "blocks": self.blocks}, self.training.precision
        return lambda rngs: with_precision(ResidualMLP(inputs, outputs, **sizes, rngs=rngs), precision)


class ResidualMLP(nnx.Module):
    """The network, in float32; it begins as the zero map."""

    def __init__(self, inputs: int, outputs: int, *, width: int, blocks: int, rngs: nnx.Rngs) -> None:
        self.enter = Dense(inputs, width, rngs)
        self.first = nnx.List([Dense(width, width, rngs) for _ in range(blocks)])
        self.second = nnx.List([Dense(width, width, rngs, zero=True) for _ in range(blocks)])
        self.leave = Dense(width, outputs, rngs, zero=True)

    def __call__(self, x: Float[Array, "n p"]) -> Float[Array, "n k"]:
        h = self.enter(x)
        for first, second in zip(self.first, self.second, strict=True):
            h = h + second(nnx.silu(first(h)))
        return self.leave(h)


def unexplained(graph: Any) -> Callable[[PyTree, Data], Float[Array, ""]]:
    """The mean squared error of coordinates over their mean square: 1 for the zero map; weights have the sum 1."""

    def of_rows(parameters: PyTree, data: Data) -> Float[Array, ""]:
        x, a, weights = data
        return jnp.mean((nnx.merge(graph, parameters)(x) - a) ** 2 @ weights)

    return of_rows


def of_minibatch(
    loss: Callable[[PyTree, Data], Float[Array, ""]], *, batch: int
) -> Callable[[PyTree, Data, Key[Array, ""]], Float[Array, ""]]:
    """A loss of random rows, drawn by a key."""

    def of_random_rows(parameters: PyTree, data: Data, key: Key[Array, ""]) -> Float[Array, ""]:
        rows = spread_within(jax.random.randint(key, (batch,), 0, len(data[0])))
        return loss(parameters, (data[0][rows], data[1][rows], data[2]))

    return of_random_rows


def _standardized(x: Float[np.ndarray, "n p"], standard: dict[str, np.ndarray]) -> Float[Array, "n p"]:
    return jnp.asarray((x - standard["center"]) / standard["unit"], jnp.float32)


def _or_one(scale: np.ndarray) -> np.ndarray:
    """A scale to divide by: 1 where nothing varies."""
    return np.where(scale > 0, scale, 1.0)
