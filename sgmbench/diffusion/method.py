"""Diffusion: a score-based model of P(y given z), or of P(y), from pairs alone.

    representation -> denoiser of its coordinates -> probability flow or reverse SDE through Diffrax
                   -> calibration of the first two moments -> representation back

It never sees the germ.
"""

from dataclasses import asdict, dataclass, field
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.experiment import Kind
from sgmbench.core.method import Fit, Generator
from sgmbench.core.place import Place
from sgmbench.diffusion.levels import Law
from sgmbench.diffusion.likelihood import log_density
from sgmbench.diffusion.model import CHUNK, Model, pusher
from sgmbench.diffusion.noise import Noise
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.objective import Objective, loss_by_level, training_loss, validation_loss, validation_quantiles
from sgmbench.diffusion.precondition import Parameterization, Weight
from sgmbench.diffusion.sampler import ReverseSampler
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.sampling import Initial, initial_law
from sgmbench.diffusion.terminal import terminal_kl
from sgmbench.errors import CellError
from sgmbench.learning.calibration import sobol_normal
from sgmbench.learning.compatibility import check_output, planned_geometry, refusal_on
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.memorization import Memorization
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
    log_det,
)
from sgmbench.learning.training import Training, split_held_out, told_of_training, train

FEWEST_RUNS = 4
MOST_QUERIES, FEWEST_QUERIES = 1_000, 32
MOST_EVALUATIONS = 100_000  # of the network by samples that are drawn for the diagnosis alone


@dataclass(frozen=True)
class Diffusion(Generator):
    """Score-based diffusion: a denoiser of coordinates of the output, sampled through Diffrax.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        network: what the denoiser is made of.
        training: how long and how fast it learns.
        noise: the family of noise, with its ends.
        parameterization: what the network predicts.
        weight: of the squared error at each level of noise.
        levels: law of the noise levels in training.
        log_sigma_mean: of `log_normal` levels, ln(sigma/alpha) ~ N(mean, sd^2).
        log_sigma_sd: likewise.
        sampler: what carries noise to samples.
        initial: law that sampling begins with, the fitted Gaussian's at the largest noise, or noise alone.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = DEFAULT
    network: Annotated[Network, Kind("networks")] = field(default_factory=MLP)
    training: Training = field(default_factory=Training)
    noise: Annotated[Noise, Kind("noises")] = field(default_factory=EDM)
    parameterization: Parameterization = "edm"
    weight: Weight = "output"
    levels: Law = "log_normal"
    log_sigma_mean: float = -0.8
    log_sigma_sd: Annotated[float, Gt(0)] = 1.6
    sampler: Annotated[ReverseSampler, Kind("samplers")] = field(default_factory=DPMpp2M)
    initial: Initial = "gaussian"
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        check_calibration(self.calibration, self.representation)
        if reason := self.sampler.refusal(self.noise):
            raise ValueError(f"sampler: {reason}")

    @property
    def objective(self) -> Objective:
        """What training minimizes."""
        laws = (self.levels, self.log_sigma_mean, self.log_sigma_sd)
        return Objective(self.noise, self.parameterization, self.weight, *laws)

    def evaluations(self):
        return self.sampler.evaluations or 0

    def extra_samples(self):
        return self.calibration

    def refusals(self, layout) -> dict[Place, str]:
        reason = refusal_on(planned_geometry(self.representation, layout), self.network, layout)
        return {"network": reason} if reason else {}

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if len(pairs.learned) < FEWEST_RUNS:
            raise CellError(f"diffusion learns from {FEWEST_RUNS} runs at least; it was given {len(pairs.learned)}")
        keys = dict(zip(("split", "network", "train", "noise"), jax.random.split(key, 4), strict=True))
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        geometry = coordinate_geometry(representation)
        if reason := refusal_on(geometry, self.network, layout):
            raise CellError(reason)
        coordinates = jnp.asarray(a, jnp.float32)
        features = jnp.asarray(condition_features(pairs.given), jnp.float32)
        graph, parameters = drawn(self._build(geometry, features.shape[1]), keys["network"])
        check_output(graph, parameters, self.network, size=a.shape[1], given=features.shape[1])
        rows, held_out = split_held_out(len(coordinates), self.training.held_out, keys["split"])
        trained = train(
            training_loss(graph, self.objective, batch=self.training.batch),
            validation_loss(graph, self.objective),
            parameters,
            (coordinates[rows], features[rows]),
            (coordinates[held_out], features[held_out]),
            plan=self.training,
            key=keys["train"],
            clock=clock,
            progress=progress,
            checkpoints=checkpoints,
        )
        return {
            "representation": representation,
            "given": np.array(pairs.given.shape[1]),
            "parameters": as_arrays(trained.parameters),
            **trained.record,
            "best": np.array(trained.best),
            "held_out": np.asarray(held_out),
            "mean": a.mean(axis=0),
            "covariance": np.atleast_2d(np.cov(a, rowvar=False, ddof=0)),
            "noise": sobol_normal(self.calibration, a.shape[1], keys["noise"]),
        }

    def prepare(self, fit, *, clock):
        push, arrays = pusher(self.model(fit), self.sampler, clock), fit["representation"]

        def draw(given: Float[np.ndarray, " q"], n: int, key: Key[Array, ""]) -> Float[np.ndarray, "n d"]:
            noise_key, path_key, calibration_key = jax.random.split(key, 3)
            u = given[None]
            noise = np.asarray(jax.random.normal(noise_key, (n, len(fit["mean"])), jnp.float32))
            a = push(noise, condition_features(u), path_key)
            if not self.calibration:
                return decode(self.representation, arrays, u, a)
            draws = push(fit["noise"], condition_features(u), calibration_key)
            return decode_calibrated(self.representation, arrays, u, a, draws)

        return draw

    def diagnose(self, fit, pairs, *, key):
        a = encode(self.representation, fit["representation"], pairs.given, pairs.learned)
        features, model = condition_features(pairs.given), self.model(fit)
        held_out = fit["held_out"]
        training = np.setdiff1d(np.arange(len(a)), held_out)
        level = self.noise.level(jnp.asarray(self.noise.t_max, "float64"))
        mismatch = terminal_kl(fit["mean"], np.linalg.eigvalsh(fit["covariance"]), level)
        return {
            **told_of_training(fit),
            "terminal_kl": mismatch,
            "prior_kl": mismatch if self.initial == "prior" else 0.0,
            "coordinate_sizes": _smallest_and_largest(fit),
            "losses": self._losses(fit, a, features, training[:MOST_QUERIES], held_out),
            "memorization": asdict(self._memorization(model, a, features, training, held_out, key)),
        }

    def log_density(
        self,
        fit: Fit,
        given: Float[np.ndarray, "#n q"],
        y: Float[np.ndarray, "n d"],
        *,
        probes: int = 16,
        seed: int = 0,
    ) -> Float[np.ndarray, " n"]:
        """log p(y given u) in nats by the probability flow of the trained network, before samples are calibrated.

        It is the density of y whose coordinates have the smallest noise added. The trace is exact up to 16 coordinates.

        Args:
            fit: of this method.
            given: u, one row or one for each y.
            y: outputs.
            probes: of Hutchinson's estimate of the trace, for each y.
            seed: of the probes.

        Raises:
            CellError: the representation leaves modes out, or coordinates never vary, so that y has no density.
        """
        arrays = fit["representation"]
        outer, a = log_det(self.representation, arrays, given, y), encode(self.representation, arrays, given, y)
        variances = np.diag(fit["covariance"])
        if outer is None or (variances <= 1e-20 * variances.max()).any():
            raise CellError(
                "diffusion: the representation leaves modes out, or coordinates never vary, and y has no density; "
                "write karhunen_loeve with lost_variance: 0, or standardize and outputs that vary"
            )
        model, features = self.model(fit), condition_features(given)

        def of_rows(x: Array, args: PyTree) -> Array:
            return log_density(model, x, key=jax.random.key(seed), args=args, probes=probes)

        compiled, inner = jax.jit(of_rows), []
        for start in range(0, len(a), CHUNK):
            rows = slice(start, start + CHUNK)
            own = features if len(features) == 1 else features[rows]
            x, u = (jnp.asarray(each, jnp.float32) for each in (a[rows], own))
            inner.append(np.asarray(compiled(x, (model.values, u)), "float64"))
        return outer + np.concatenate(inner)

    def model(self, fit: Fit) -> Model:
        """The trained denoiser of coordinates."""
        graph, values = self._trained(fit)

        def denoise(x, level, args):
            values, features = args
            given = jnp.broadcast_to(features, (len(x), features.shape[1]))
            return self.objective.denoiser(graph, values)(x, level, given)

        law = initial_law(self.initial, self.noise, fit["mean"], fit["covariance"])
        return Model(denoise, values, self.noise, *law)

    def _build(self, geometry: Geometry, given: int) -> Build:
        precision = self.training.precision
        return lambda rngs: with_precision(self.network.build(geometry=geometry, given=given, rngs=rngs), precision)

    def _trained(self, fit: Fit) -> tuple[Graph, PyTree]:
        """NNX graph and trained parameters."""
        given = condition_features(np.zeros((1, int(fit["given"])))).shape[1]
        return restored(self._build(coordinate_geometry(fit["representation"]), given), fit["parameters"])

    def _losses(self, fit: Fit, a, features, training, held_out) -> dict[str, list[float]]:
        """Denoising loss of training and held-out rows at each level of validation."""
        graph, values = self._trained(fit)
        by_level = jax.jit(loss_by_level(graph, self.objective))
        ratio = self.objective.levels(validation_quantiles()).ratio
        rows = {"training": training, "held_out": held_out}
        losses = {
            name: by_level(values, (jnp.asarray(a[at], jnp.float32), jnp.asarray(features[at], jnp.float32)))
            for name, at in rows.items()
        }
        return {name: np.asarray(each, float).tolist() for name, each in {"sigma": ratio, **losses}.items()}

    def _memorization(self, model: Model, a, features, training, held_out, key) -> Memorization:
        """By no more samples than the network is to be evaluated for."""
        queries = min(MOST_QUERIES, max(FEWEST_QUERIES, MOST_EVALUATIONS // max(1, 2 * self.evaluations())))
        push = pusher(model, self.sampler, Clock())

        def draw(at: Float[np.ndarray, "m q"]) -> Float[np.ndarray, "m k"]:
            noise_key, path_key = jax.random.split(key)
            noise = np.asarray(jax.random.normal(noise_key, (len(at), a.shape[1]), jnp.float32))
            return push(noise, at, path_key)

        runs = {"training": training, "held_out": held_out}
        return memorization_at_conditions(draw, a, features, **runs, queries=queries)


def _smallest_and_largest(fit: Fit) -> list[float]:
    """The smallest standard deviation and the largest root mean square of a channel, over its coordinates that vary.

    A constant has no standard deviation to learn, and is as large as it is.
    """
    shape = coordinate_geometry(fit["representation"]).channels, -1
    variances, squares = (each.reshape(shape) for each in (np.diag(fit["covariance"]), fit["mean"] ** 2))
    varying = [each[each > 0].mean() for each in variances if each.any()]
    return [float(np.sqrt(min(varying, default=1.0))), float(np.sqrt(np.max((variances + squares).mean(axis=1))))]
