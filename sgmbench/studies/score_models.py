"""Score models: the three denoisers that a study samples with, and how each carries unit noise to samples.

    exact      of the law itself, where the problem knows its density (`KnownDensity`)
    kernel     of the training set: what a network that learned it by heart would be
    learned    of the network

The exact one works in coordinates a = (y - m) / s with one number s, the rms standard deviation of y, for then noise
that is isotropic in a is isotropic in y: where a has noise of ratio r = sigma / alpha, its score is s times that of
y = m + s a with noise s r. The others work in the coordinates of the method's representation; at a condition the
training set is that of all conditions, each run seen from its own, as the representation makes them comparable.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.knowledge import KnownDensity
from sgmbench.core.problem import Problem
from sgmbench.diffusion.kernel_score import kernel_denoiser
from sgmbench.diffusion.likelihood import denoiser_of_score
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.model import Model, chunk_size
from sgmbench.diffusion.sampler import ReverseSampler
from sgmbench.diffusion.sampling import initial_law, sample
from sgmbench.learning.representation import condition_features, decode
from sgmbench.studies.subject import Case, Subject


class ScoreModel(NamedTuple):
    """A denoiser of coordinates at one condition, and what they mean.

    Attributes:
        model: with the noise and the law at its largest.
        features: of the condition, as the denoiser sees them.
        decode: y of coordinates.
        dtype: that it is sampled in.
    """

    model: Model
    features: Float[np.ndarray, "1 p"]
    decode: Callable[[Float[np.ndarray, "n k"]], Float[np.ndarray, "n d"]]
    dtype: str


class Carried(NamedTuple):
    """Coordinates in float64, and how often the denoiser was evaluated for each row."""

    coordinates: Float[np.ndarray, "n k"]
    evaluations: int


def carry(
    score: ScoreModel, sampler: ReverseSampler, noise: Float[np.ndarray, "n columns"], key: Key[Array, ""]
) -> Carried:
    """Coordinates from the first k columns of unit noise, in the score model's own precision."""
    model, k, size = score.model, len(score.model.center), chunk_size(len(noise))
    args = model.values, jnp.asarray(score.features, score.dtype)

    @jax.jit
    def chunk(n, args, key):
        return sample(sampler, model.noise, model.denoise, model.at_largest_noise(n), key=key, args=args)

    made = []
    for i, start in enumerate(range(0, len(noise), size)):
        rows = np.resize(noise[start : start + size, :k], (size, k))
        made.append(chunk(jnp.asarray(rows, score.dtype), args, jax.random.fold_in(key, i)))
    coordinates = np.concatenate([np.asarray(each.x, "float64") for each in made])[: len(noise)]
    return Carried(coordinates, max(int(each.evaluations) for each in made))


def exact(problem: Problem, method: Diffusion, case: Case) -> ScoreModel | None:
    """In float64, or None where the law is not known; at the largest noise as the method says, with true moments."""
    y = case.independent
    m, s = y.mean(axis=0), float(np.sqrt(np.mean(y.var(axis=0))))
    if not isinstance(problem, KnownDensity) or not _knows(problem, case, m, s):
        return None

    def score(a: Float[Array, " d"], ratio: Array) -> Float[Array, " d"]:
        return s * problem.score(m + s * a, case.z, sigma=s * ratio)

    a = (y - m) / s
    law = initial_law(method.initial, method.noise, a.mean(axis=0), np.atleast_2d(np.cov(a, rowvar=False)))
    model = Model(denoiser_of_score(score), None, method.noise, *law)
    return ScoreModel(model, np.zeros((1, 0)), lambda a: m + s * a, "float64")


def _knows(problem: KnownDensity, case: Case, y: Float[np.ndarray, " d"], sigma: float) -> bool:
    """Whether there is a closed form at the case's condition."""
    try:
        return problem.score(jnp.asarray(y), case.z, sigma=sigma) is not None
    except NotImplementedError:
        return False


def kernel(subject: Subject, case: Case) -> ScoreModel:
    """Of the training set."""
    network = learned(subject, case)
    points = jnp.asarray(subject.training, "float32")
    return network._replace(model=network.model._replace(denoise=kernel_denoiser, values=points))


def learned(subject: Subject, case: Case) -> ScoreModel:
    """Of the network, without calibration."""
    method, arrays = subject.method, subject.fit["representation"]
    return ScoreModel(
        subject.method.model(subject.fit),
        condition_features(case.given),
        lambda a: decode(method.representation, arrays, case.given, a),
        "float32",
    )
