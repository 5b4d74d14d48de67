"""Classifier two-sample test.

A network g is trained to tell h rows x of the samples from h rows y of the reference, and judged on rows that it has
not seen: with rows in folds i mod 5, and g_f trained on all folds but f, the score is the share of right answers,

    1/(2h) sum_i ( 1{g_f(x_i) > 0} + 1{g_f(y_i) <= 0} ),      f the fold of i.

For equal laws its mean is 1/2 whatever the network does, because x_i and y_i could change places; for others the best
classifier has (1 + TV(Q, P)) / 2, and any other less: what the network has not learned from h rows is not seen. Two
independent sets are within about 0.5 / (2h)^1/2 of 1/2. Duplicates of rows are told from fresh ones only where they
repeat in several folds. A finite set is judged as a law is: whether its rows are alike, not how many there are.

g has two hidden layers with ReLU, 10 units a coordinate wide (512 at most), on coordinates standardized by the
reference, and is trained with Adam at a rate of 1e-3 in batches of 128 drawn with replacement. Seeds are fixed. The
cost is that of 5 trainings at once, in float32; it compiles once for each h.

Source: D. Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017; the network: J.-M. Lueckmann et
al., "Benchmarking simulation-based inference", AISTATS 2021, appendix.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from annotated_types import Ge
from jaxtyping import Array, Bool, Float, Int, Key

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.samples import Samples

FOLDS = 5
BATCH = 128
RATE = 1e-3
WIDEST = 512

Parameters = list[tuple[Float[Array, "_ _"], Float[Array, " _"]]]


@dataclass(frozen=True)
class C2ST(Metric):
    """Accuracy of a network that tells samples from the reference; 1/2 where they are alike.

    Attributes:
        rows: of either set, at most.
        steps: of the training.
        width: of the hidden layers; 10 a coordinate by default.
    """

    unit: ClassVar[str] = "accuracy"
    ideal: ClassVar[float] = 0.5
    by_default: ClassVar[bool] = False

    rows: Annotated[int, Ge(FOLDS)] = 2_000
    steps: Annotated[int, Ge(1)] = 1_000
    width: Annotated[int, Ge(1)] | None = None

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        used = reference.varies
        if not used.any():
            return {}
        h = min(self.rows, len(samples.values), len(reference.values)) // FOLDS * FOLDS
        if h == 0:
            return {"all": float("nan")}
        x, y = (
            jnp.asarray((rows[:h, used] - reference.mean[used]) / reference.sd[used], "float32")
            for rows in (samples.values, reference.values)
        )
        width = self.width or min(10 * int(used.sum()), WIDEST)
        return {"all": float(_accuracy(x, y, stream(0, "c2st"), width=width, steps=self.steps))}


@partial(jax.jit, static_argnames=("width", "steps"))
def _accuracy(
    x: Float[Array, "h k"], y: Float[Array, "h k"], key: Key[Array, ""], *, width: int, steps: int
) -> Float[Array, ""]:
    """Mean accuracy over the folds, which are trained side by side."""
    h = len(x)
    rows = jnp.concatenate([x, y])
    is_sample = jnp.arange(2 * h) < h
    fold = np.tile(np.arange(h) % FOLDS, 2)
    test = jnp.asarray([np.flatnonzero(fold == f) for f in range(FOLDS)])
    train = jnp.asarray([np.flatnonzero(fold != f) for f in range(FOLDS)])

    def accuracy(key: Key[Array, ""], train: Int[Array, " t"], test: Int[Array, " s"]) -> Float[Array, ""]:
        g = _trained(key, rows[train], is_sample[train], width=width, steps=steps)
        return jnp.mean((_logit(g, rows[test]) > 0) == is_sample[test])

    return jnp.mean(jax.vmap(accuracy)(jax.random.split(key, FOLDS), train, test))


def _trained(
    key: Key[Array, ""], rows: Float[Array, "t k"], is_sample: Bool[Array, " t"], *, width: int, steps: int
) -> Parameters:
    optimizer = optax.adam(RATE)
    of_start, of_batches = jax.random.split(key)

    def loss(g: Parameters, batch: Int[Array, " b"]) -> Float[Array, ""]:
        label = is_sample[batch].astype("float32")
        return jnp.mean(optax.sigmoid_binary_cross_entropy(_logit(g, rows[batch]), label))

    def step(state, key: Key[Array, ""]):
        g, moments = state
        gradient = jax.grad(loss)(g, jax.random.randint(key, (BATCH,), 0, len(rows)))
        updates, moments = optimizer.update(gradient, moments)
        return (jax.tree.map(jnp.add, g, updates), moments), None

    start = _start(of_start, (rows.shape[1], width, width, 1))
    (g, _), _ = jax.lax.scan(step, (start, optimizer.init(start)), jax.random.split(of_batches, steps))
    return g


def _start(key: Key[Array, ""], sizes: tuple[int, ...]) -> Parameters:
    """Weights of variance 2 / fan-in, biases of zero."""
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        (jax.random.normal(each, (m, n), "float32") * np.float32((2 / m) ** 0.5), jnp.zeros(n, "float32"))
        for each, m, n in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def _logit(g: Parameters, x: Float[Array, "n k"]) -> Float[Array, " n"]:
    *hidden, (W_out, b_out) = g
    for W, b in hidden:
        x = jax.nn.relu(x @ W + b)
    return (x @ W_out + b_out)[:, 0]
