"""Diffusion: a score-based model of P(y given z), or of P(y), from pairs alone.

    representation -> denoiser of its coordinates -> probability flow or reverse SDE through Diffrax
                   -> calibration of the first two moments -> representation back

It never sees the germ.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt
from flax import nnx
from jaxtyping import Array, Float, Key

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.experiment import Kind
from sgmbench.core.method import Fit, Generator
from sgmbench.diffusion.objective import training_loss, validation_loss
from sgmbench.diffusion.precondition import denoiser
from sgmbench.diffusion.sampling import karras_grid, sample
from sgmbench.errors import CellError
from sgmbench.learning.calibration import calibrate, sobol_normal
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.network import Network
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representation import Representation, condition_features, decode, encode
from sgmbench.learning.training import Training, split_held_out, train

CHUNK = 2048
FEWEST_RUNS = 4


@dataclass(frozen=True)
class Diffusion(Generator):
    """Score-based diffusion: EDM denoiser of Karhunen-Loeve coordinates, sampled through Diffrax.

    Attributes:
        representation: how outputs become coordinates.
        network: what the denoiser is made of.
        training: how long and how fast it learns.
        log_sigma_mean: of the noise levels in training, ln sigma ~ N(mean, sd^2).
        log_sigma_sd: likewise.
        sigma_max: largest noise level of sampling.
        sigma_min: smallest one.
        steps: of the sampler, one denoiser evaluation each.
        eta: 0 the probability flow, 1 the reverse SDE.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = field(default_factory=Representation)
    network: Annotated[Network, Kind("networks")] = field(default_factory=MLP)
    training: Training = field(default_factory=Training)
    log_sigma_mean: float = -0.8
    log_sigma_sd: Annotated[float, Gt(0)] = 1.6
    sigma_max: Annotated[float, Gt(0)] = 20.0
    sigma_min: Annotated[float, Gt(0)] = 0.01
    steps: Annotated[int, Ge(1)] = 25
    eta: Annotated[float, Ge(0)] = 0.0
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        if self.calibration & (self.calibration - 1):
            raise ValueError(f"calibration: {self.calibration} is not a power of two; write 2048, say, or 0")
        if self.sigma_min >= self.sigma_max:
            raise ValueError(f"sigma_min: {self.sigma_min} is not below sigma_max, {self.sigma_max}")

    def evaluations(self):
        return self.steps + 1

    def extra_samples(self):
        return self.calibration

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if len(pairs.learned) < FEWEST_RUNS:
            raise CellError(f"diffusion learns from {FEWEST_RUNS} runs at least; it was given {len(pairs.learned)}")
        keys = dict(zip(("split", "network", "train", "noise"), jax.random.split(key, 4), strict=True))
        representation = self.representation.fit(pairs.given, pairs.learned, layout)
        coordinates = jnp.asarray(encode(representation, pairs.given, pairs.learned), jnp.float32)
        features = jnp.asarray(condition_features(pairs.given), jnp.float32)
        graph, parameters = self._build(coordinates.shape[1], features.shape[1], keys["network"])
        rows, held_out = split_held_out(len(coordinates), self.training.held_out, keys["split"])
        levels = {"log_sigma_mean": self.log_sigma_mean, "log_sigma_sd": self.log_sigma_sd}
        trained = train(
            training_loss(graph, batch=self.training.batch, **levels),
            validation_loss(graph, **levels),
            parameters,
            (coordinates[rows], features[rows]),
            (coordinates[held_out], features[held_out]),
            plan=self.training,
            key=keys["train"],
            clock=clock,
            progress=progress,
        )
        return {
            "representation": representation,
            "given": np.array(pairs.given.shape[1]),
            "parameters": _as_arrays(trained.parameters),
            "history": np.array(trained.history),
            "noise": sobol_normal(self.calibration, coordinates.shape[1], keys["noise"]),
        }

    def sampler(self, fit, *, clock):
        push, representation = self._push(fit, clock), fit["representation"]

        def draw(given: Float[np.ndarray, " q"], n: int, key: Key[Array, ""]) -> Float[np.ndarray, "n d"]:
            noise_key, path_key, calibration_key = jax.random.split(key, 3)
            features = jnp.asarray(condition_features(given[None]), jnp.float32)
            noise = np.asarray(jax.random.normal(noise_key, (n, fit["noise"].shape[1]), jnp.float32))
            values = decode(representation, given, push(noise, features, path_key))
            if not self.calibration:
                return values
            draws = decode(representation, given, push(fit["noise"], features, calibration_key))
            return calibrate(representation["moments"], representation["kernel"], given, values, draws)

        return draw

    def _build(self, size: int, given: int, key: Key[Array, ""]) -> tuple[Any, Any]:
        """NNX graph and initial parameters of the network."""
        return nnx.split(self.network.build(geometry=Geometry(size), given=given, rngs=nnx.Rngs(key)))

    def _push(self, fit: Fit, clock: Clock):
        """A function that carries unit noise to coordinates, compiled once, in padded chunks of one size."""
        k, p = fit["noise"].shape[1], condition_features(np.zeros((1, int(fit["given"])))).shape[1]
        graph, like = self._build(k, p, jax.random.key(0))
        parameters = _from_arrays(fit["parameters"], like)
        grid = karras_grid(self.sigma_max, self.sigma_min, self.steps)

        def denoise(x, sigma, args):
            values, features = args
            level = jnp.full(len(x), sigma, jnp.float32)
            return denoiser(nnx.merge(graph, values))(x, level, jnp.broadcast_to(features, (len(x), p)))

        def carry(noise, values, features, key):
            x_0 = noise * jnp.float32((1 + self.sigma_max**2) ** 0.5)
            return sample(denoise, x_0, grid, eta=self.eta, key=key, args=(values, features))

        carry = clock.jit(carry, "sample")

        def push(noise: Float[np.ndarray, "n k"], features: Array, key: Key[Array, ""]) -> Float[np.ndarray, "n k"]:
            padded = np.zeros((-(-len(noise) // CHUNK) * CHUNK, k), np.float32)
            padded[: len(noise)] = noise
            chunks = (padded[start : start + CHUNK] for start in range(0, len(padded), CHUNK))
            made = [carry(x, parameters, features, jax.random.fold_in(key, i)) for i, x in enumerate(chunks)]
            return np.concatenate([np.asarray(part, "float64") for part in made])[: len(noise)]

        return push


def _as_arrays(parameters: Any) -> dict[str, np.ndarray]:
    return {f"{i:03d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(parameters))}


def _from_arrays(arrays: dict[str, np.ndarray], like: Any) -> Any:
    """The inverse of `_as_arrays`, in the structure of a freshly built network."""
    return jax.tree.unflatten(jax.tree.structure(like), [jnp.asarray(arrays[name]) for name in sorted(arrays)])
