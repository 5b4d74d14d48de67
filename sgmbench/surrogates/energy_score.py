"""Energy-score network (engression): one network takes noise and conditions to samples, and a proper score trains it.

    representation -> Gaussian of its coordinates, bent by a network (`learning/engression.py`) -> calibration of the
                      first two moments -> representation back

Its bias is what the network, its training and its early stopping leave; the score, a distance between coordinates, sees
those of small variance little. Cost: m evaluations a pair and step, one a sample.

Source: X. Shen, N. Meinshausen, "Engression: extrapolation through the lens of distributional regression", J. R. Stat.
Soc. B (2024), doi:10.1093/jrsssb/qkae108.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.devices import gathered, spread
from sgmbench.core.experiment import Kind
from sgmbench.core.memory import Halving
from sgmbench.core.method import Fit, Generator
from sgmbench.core.place import Place
from sgmbench.errors import CellError
from sgmbench.learning.calibration import sobol_normal
from sgmbench.learning.compatibility import check_output, planned_geometry, refusal_on
from sgmbench.learning.engression import Frame, data_of, frame_of, generate, training_loss, validation_loss
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.memorization_at_conditions import memorization_at_conditions
from sgmbench.learning.network import Network
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.parameters import Build, Graph, as_arrays, drawn, restored
from sgmbench.learning.precision import with_precision
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
from sgmbench.learning.training import Training, split_held_out, told_of_training, train

FEWEST_RUNS = 4
LEAST_NOISE = 8
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

    def refusals(self, layout) -> dict[Place, str]:
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
        graph, parameters = drawn(self._build(geometry, data.features.shape[1] + noise), keys["network"])
        check_output(graph, parameters, self.network, size=a.shape[1], given=data.features.shape[1] + noise)
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
            "parameters": as_arrays(trained.parameters),
            **trained.record,
            "held_out": np.asarray(held_out),
            "noise_dimension": np.array(noise),
            "noise": sobol_normal(self.calibration, noise, keys["noise"]),
        }

    def prepare(self, fit, *, clock):
        push, arrays = self._push(fit, clock), fit["representation"]

        def sample(given, n, key):
            u, features = given[None], condition_features(given[None])
            a = push(_noise(fit, n, key), features)
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
        push = self._push(fit, Clock())
        memorized = memorization_at_conditions(
            lambda at: push(_noise(fit, len(at), key), at),
            a,
            features,
            training=training,
            held_out=held_out,
            queries=MOST_QUERIES,
        )
        return {
            **told_of_training(fit),
            "losses": {name: float(loss(values, data.only(jnp.asarray(at)))) for name, at in rows.items()},
            "memorization": asdict(memorized),
        }

    def _build(self, geometry: Geometry, given: int) -> Build:
        precision = self.training.precision
        return lambda rngs: with_precision(self.network.build(geometry=geometry, given=given, rngs=rngs), precision)

    def _trained(self, fit: Fit) -> tuple[Graph, PyTree]:
        """NNX graph and trained parameters."""
        given = condition_features(np.zeros((1, int(fit["given"])))).shape[1] + int(fit["noise_dimension"])
        return restored(self._build(coordinate_geometry(fit["representation"]), given), fit["parameters"])

    def _push(self, fit: Fit, clock: Clock) -> Push:
        """Noise to coordinates in chunks of one size, the last one filled up with its own rows."""
        graph, values = self._trained(fit)
        frame = Frame(**fit["frame"])
        root, scale = (jnp.asarray(each, jnp.float32) for each in (frame.root, frame.scale))
        carry = clock.jit(lambda values, *of: generate(nnx.merge(graph, values), *of), "sample")
        halving = Halving(clock)

        def chunk(rows: np.ndarray, size: int) -> np.ndarray | Array:
            return spread(np.resize(rows, (size, rows.shape[1])).astype(np.float32))

        def in_chunks(noise, features, size):
            each = [slice(start, start + size) for start in range(0, len(noise), size)]
            own = [features if len(features) == 1 else features[rows] for rows in each]
            both = [(chunk(noise[rows], size), chunk(at, size)) for rows, at in zip(each, own, strict=True)]
            return np.concatenate([gathered(carry(values, *of, root, scale)) for of in both])[: len(noise)]

        def push(noise, features):
            b = halving(lambda size: in_chunks(noise, features, size), CHUNK)
            return frame.center + frame.unit * b.astype("float64")

        return push


def _noise(fit: Fit, n: int, key: Key[Array, ""]) -> Float[np.ndarray, "n p"]:
    """e of n samples."""
    return np.asarray(jax.random.normal(key, (n, int(fit["noise_dimension"])), jnp.float32))


def _check(learned: Float[np.ndarray, "n d"]) -> None:
    n, failed = len(learned), int(np.sum(~np.isfinite(learned).all(axis=1)))
    if n < FEWEST_RUNS:
        raise CellError(f"energy_score learns from {FEWEST_RUNS} runs at least; it was given {n}")
    if failed:
        raise CellError(f"energy_score learns from finite runs; {failed} of {n} are NaN or infinite: leave them out")
