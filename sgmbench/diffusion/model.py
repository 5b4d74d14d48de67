"""Model: a trained denoiser of coordinates, and how unit noise is carried to coordinates by a sampler.

Work is done in chunks of one compiled size, the last one padded with its own rows again: an adaptive solver measures
its error over the whole chunk, and rows of nothing would hide that of the others. Few samples at a time, as over
held-out pairs, get a smaller chunk. Where memory does not suffice for one, all is carried again in chunks of half the
size: the noise of a stochastic sampler, the steps of an adaptive one and rounding belong to the chunk, so that numbers
are the same at equal size only, and in law at any.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.clock import Clock
from sgmbench.core.devices import everywhere, gathered, spread
from sgmbench.core.memory import Halving
from sgmbench.diffusion.dynamics import BatchDenoiser
from sgmbench.diffusion.noise import Noise
from sgmbench.diffusion.sampler import ReverseSampler
from sgmbench.diffusion.sampling import sample

CHUNK = 2048
SMALLEST_CHUNK = 128

Push = Callable[[Float[np.ndarray, "n k"], Float[np.ndarray, "m p"], Key[Array, ""]], Float[np.ndarray, "n k"]]
"""(unit noise, condition features in one row or one each, key of the sampler's own noise) -> coordinates."""


class Model(NamedTuple):
    """A denoiser of k coordinates.

    Attributes:
        denoise: D(x, level, (values, features)), float32.
        values: of the network's parameters.
        noise: the family that it is sampled under.
        center: of the law at the largest noise.
        root: x = center + root n there.
    """

    denoise: BatchDenoiser
    values: Any
    noise: Noise
    center: Float[np.ndarray, " k"]
    root: Float[np.ndarray, "k k"]

    def at_largest_noise(self, n: Float[Array, "n k"]) -> Float[Array, "n k"]:
        """x from unit noise."""
        return jnp.asarray(self.center, n.dtype) + n @ jnp.asarray(self.root.T, n.dtype)


def pusher(model: Model, sampler: ReverseSampler, clock: Clock) -> Push:
    """Carries unit noise to coordinates, compiled once for each size of chunk."""

    def carry(n: Array, values: Any, features: Array, key: Array) -> Any:
        x_0 = model.at_largest_noise(jnp.asarray(n))
        return sample(sampler, model.noise, model.denoise, x_0, key=key, args=(values, features))

    compiled, values, halving = clock.jit(carry, "sample"), everywhere(model.values), Halving(clock)

    def push(noise, features, key):
        key = everywhere(key)
        return halving(lambda size: in_chunks(noise, features, key, size), chunk_size(len(noise)))

    def in_chunks(noise, features, key, size):
        made = []
        for i, start in enumerate(range(0, len(noise), size)):
            rows = slice(start, start + size)
            own = everywhere(_padded(features, 1)) if len(features) == 1 else spread(_padded(features[rows], size))
            drawn = compiled(spread(_padded(noise[rows], size)), values, own, jax.random.fold_in(key, i))
            clock.note_evaluations(int(drawn.evaluations))
            made.append(gathered(drawn.x).astype("float64"))
        return np.concatenate(made)[: len(noise)]

    return push


def chunk_size(n: int) -> int:
    """The power of two that n samples fit into, between the smallest chunk and the usual one."""
    return min(CHUNK, max(SMALLEST_CHUNK, 1 << (n - 1).bit_length()))


def _padded(rows: Float[np.ndarray, "n k"], size: int) -> Float[np.ndarray, "{size} k"]:
    """Again and again, in float32."""
    return np.resize(rows, (size, rows.shape[1])).astype(np.float32)
