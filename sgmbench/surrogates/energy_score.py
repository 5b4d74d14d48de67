"""Energy-score network (engression): one network takes noise and conditions to samples, and a proper score trains it.

    b = f(u, e) = L e + s F_theta(L e / s; u, e),    e ~ N(0, I_p),    a = c + r b

    min_theta  E [ 1/m sum_j |f(u, e_j) - b| - 1/(m (m - 1)) sum_{j < l} |f(u, e_j) - f(u, e_l)| ]

over pairs (u, b) and m draws of noise for each. For any m >= 2 it is unbiased for E|X - Y| - E|X - X'|/2, X of the
network's law at u and Y of the true one: half their energy distance and a constant, least for the true law alone.
There is no adversary, no density and no noise level.

a are coordinates of the representation, c and r^2 their mean and mean variance, s and L L' standard deviations and
covariance of b: F begins as the zero map, so f begins as the Gaussian of the coordinates. L reads the first k of the p
numbers in e; with p < k it keeps its leading directions, and the law has p dimensions. e modulates F's layers beside u:
they normalize what passes through them, and would not tell how long e is.

Its bias is what the network, its training and its early stopping leave; the score, a distance in b, sees coordinates of
small variance little. Cost: m evaluations a pair and step, one a sample.

Sources: X. Shen, N. Meinshausen, "Engression: extrapolation through the lens of distributional regression", J. R. Stat.
Soc. B (2024), doi:10.1093/jrsssb/qkae108; T. Gneiting, A. Raftery, "Strictly proper scoring rules, prediction, and
estimation", J. Am. Stat. Assoc. 102 (2007) 359-378.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Float, Int, Key, PyTree

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.experiment import Kind
from sgmbench.core.method import Fit, Generator
from sgmbench.errors import CellError
from sgmbench.learning.calibration import sobol_normal
from sgmbench.learning.compatibility import planned_geometry, refusal_on
from sgmbench.learning.membership import membership
from sgmbench.learning.memorization import Memorization, memorization
from sgmbench.learning.network import Module, Network
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representation import (
    DEFAULT,
    Representation,
    check_calibration,
    condition_features,
    coordinate_geometry,
    decode,
    decode_calibrated,
    encode,
    fit_representation,
)
from sgmbench.learning.space import varying
from sgmbench.learning.training import Training, split_held_out, train

FEWEST_RUNS = 4
LEAST_NOISE = 8
VALIDATION_DRAWS = 8
CHUNK = 1_024
MOST_QUERIES = 1_000

Push = Callable[[Float[np.ndarray, "n p"], Float[np.ndarray, "#n q"]], Float[np.ndarray, "n k"]]
"""(noise, condition features in one row or one each) -> coordinates."""


@dataclass(frozen=True)
class EnergyScoreNetwork(Generator):
    """Engression: a network of noise and conditions, trained by the energy score, one evaluation a sample.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        network: what bends Gaussian draws.
        training: how long and how fast it learns.
        noise_dimension: normal numbers that a sample is made of; one a coordinate by default, and 8 at least.
        draws: m, samples that are set against each run in a step.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = DEFAULT
    network: Annotated[Network, Kind("networks")] = field(default_factory=MLP)
    training: Training = field(default_factory=Training)
    noise_dimension: Annotated[int, Ge(1)] | None = None
    draws: Annotated[int, Ge(2)] = 4
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        check_calibration(self.calibration, self.representation)

    def evaluations(self):
        return 1

    def extra_samples(self):
        return self.calibration

    def refusals(self, layout):
        reason = refusal_on(planned_geometry(self.representation, layout), self.network, layout)
        return {"network": reason} if reason else {}

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        _check(pairs.learned)
        keys = dict(zip(("split", "network", "train", "noise"), jax.random.split(key, 4), strict=True))
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        geometry = coordinate_geometry(representation)
        if reason := refusal_on(geometry, self.network, layout):
            raise CellError(reason)
        frame, noise = frame_of(a), self.noise_dimension or max(LEAST_NOISE, a.shape[1])
        data = data_of(frame, a, condition_features(pairs.given))
        given = data.features.shape[1] + noise
        graph, parameters = nnx.split(
            self.network.build(geometry=geometry, given=given, rngs=nnx.Rngs(keys["network"]))
        )
        rows, held_out = split_held_out(len(a), self.training.held_out, keys["split"])
        trained = train(
            training_loss(graph, batch=self.training.batch, draws=self.draws, noise=noise),
            validation_loss(graph, noise=noise),
            parameters,
            data.only(rows),
            data.only(held_out),
            plan=self.training,
            key=keys["train"],
            clock=clock,
            progress=progress,
            checkpoints=checkpoints,
        )
        return {
            "representation": representation,
            "given": np.array(pairs.given.shape[1]),
            "frame": frame._asdict(),
            "parameters": {f"{i:03d}": np.asarray(each) for i, each in enumerate(jax.tree.leaves(trained.parameters))},
            "history": np.array(trained.history),
            "steps": np.array([trained.steps, trained.planned]),
            "held_out": np.asarray(held_out),
            "noise_dimension": np.array(noise),
            "noise": sobol_normal(self.calibration, noise, keys["noise"]),
        }

    def prepare(self, fit, *, clock):
        push, arrays = self._push(fit, clock), fit["representation"]

        def sample(given, n, key):
            u, features = given[None], condition_features(given[None])
            a = push(np.asarray(jax.random.normal(key, (n, int(fit["noise_dimension"])), jnp.float32)), features)
            if not self.calibration:
                return decode(self.representation, arrays, u, a)
            return decode_calibrated(self.representation, arrays, u, a, push(fit["noise"], features))

        return sample

    def diagnose(self, fit, pairs, *, key):
        a = encode(self.representation, fit["representation"], pairs.given, pairs.learned)
        features, held_out = condition_features(pairs.given), fit["held_out"]
        training = np.setdiff1d(np.arange(len(a)), held_out)
        graph, values = self._trained(fit)
        loss = jax.jit(validation_loss(graph, noise=int(fit["noise_dimension"])))
        data = data_of(Frame(**fit["frame"]), a, features)
        rows = {"training": training[:MOST_QUERIES], "held_out": held_out}
        steps, planned = fit["steps"].tolist()
        return {
            "steps": steps,
            "planned_steps": planned,
            "losses": {name: float(loss(values, data.only(jnp.asarray(at)))) for name, at in rows.items()},
            "memorization": asdict(self._memorization(fit, a, features, training, held_out, key)),
        }

    def _trained(self, fit: Fit) -> tuple[Any, PyTree]:
        """NNX graph and trained parameters; drawing others first would compile a program a layer."""
        given = condition_features(np.zeros((1, int(fit["given"])))).shape[1] + int(fit["noise_dimension"])
        geometry, arrays = coordinate_geometry(fit["representation"]), fit["parameters"]
        build = partial(self.network.build, geometry=geometry, given=given)
        graph, like = nnx.split(nnx.eval_shape(lambda: build(rngs=nnx.Rngs(0))))
        return graph, jax.tree.unflatten(jax.tree.structure(like), [jnp.asarray(arrays[i]) for i in sorted(arrays)])

    def _push(self, fit: Fit, clock: Clock) -> Push:
        """Noise to coordinates in chunks of one size, the last one filled up with its own rows."""
        graph, values = self._trained(fit)
        frame = Frame(**fit["frame"])
        root, scale = (jnp.asarray(each, jnp.float32) for each in (frame.root, frame.scale))
        carry = clock.jit(lambda values, *of: generate(nnx.merge(graph, values), *of), "sample")

        def chunk(rows: np.ndarray) -> np.ndarray:
            return np.resize(rows, (CHUNK, rows.shape[1])).astype(np.float32)

        def push(noise, features):
            each = [slice(start, start + CHUNK) for start in range(0, len(noise), CHUNK)]
            own = [features if len(features) == 1 else features[rows] for rows in each]
            b = [carry(values, chunk(noise[rows]), chunk(at), root, scale) for rows, at in zip(each, own, strict=True)]
            return frame.center + frame.unit * np.concatenate(b)[: len(noise)].astype("float64")

        return push

    def _memorization(self, fit: Fit, a, features, training, held_out, key) -> Memorization:
        """Of samples at the conditions of held-out runs, and at those of training runs, each beside its conditions."""
        members, others = training[:MOST_QUERIES], held_out[:MOST_QUERIES]
        each = max(1, MOST_QUERIES // (len(members) + len(others)))
        at = np.resize(others, max(each * len(others), min(MOST_QUERIES, len(training))))
        where = np.concatenate([at, np.tile(members, each)])
        noise = np.asarray(jax.random.normal(key, (len(where), int(fit["noise_dimension"])), jnp.float32))
        drawn = self._push(fit, Clock())(noise, features[where])
        rows, generated = np.hstack([a, features]), np.hstack([drawn, features[where]])
        evenly = np.r_[: each * len(others), len(at) : len(where)]
        p = membership(generated[evenly], rows[members], rows[others])
        return memorization(generated[: len(at)], rows[others], rows[training], membership=p)


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
    """f(u, e) of each row: a Gaussian draw, bent by the network."""
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
    graph: Any, *, batch: int, draws: int, noise: int
) -> Callable[[PyTree, Data, Key[Array, ""]], Float[Array, ""]]:
    """Mean energy score of one random minibatch, drawn by its key."""

    def of_minibatch(parameters: PyTree, data: Data, key: Key[Array, ""]) -> Float[Array, ""]:
        row_key, noise_key = jax.random.split(key)
        rows = data.only(jax.random.randint(row_key, (batch,), 0, len(data.b)))
        e = jax.random.normal(noise_key, (draws * batch, noise), jnp.float32)
        features = jnp.tile(rows.features, (draws, 1))
        x = generate(nnx.merge(graph, parameters), e, features, rows.root, rows.scale)
        return jnp.mean(jax.vmap(energy_score, (1, 0))(x.reshape(draws, batch, -1), rows.b))

    return of_minibatch


def validation_loss(graph: Any, *, noise: int) -> Callable[[PyTree, Data], Float[Array, ""]]:
    """Mean energy score of all rows, with noise that is always the same."""

    def of_rows(parameters: PyTree, data: Data) -> Float[Array, ""]:
        module = nnx.merge(graph, parameters)

        def draw(key: Key[Array, ""]) -> Float[Array, "n k"]:
            e = jax.random.normal(key, (len(data.b), noise), jnp.float32)
            return generate(module, e, data.features, data.root, data.scale)

        x = jax.lax.map(draw, jax.random.split(jax.random.key(0), VALIDATION_DRAWS))
        return jnp.mean(jax.vmap(energy_score, (1, 0))(x, data.b))

    return of_rows


def _check(learned: Float[np.ndarray, "n d"]) -> None:
    n, failed = len(learned), int(np.sum(~np.isfinite(learned).all(axis=1)))
    if n < FEWEST_RUNS:
        raise CellError(f"energy_score learns from {FEWEST_RUNS} runs at least; it was given {n}")
    if failed:
        raise CellError(f"energy_score learns from finite runs; {failed} of {n} are NaN or infinite: leave them out")
