"""The exact law that a sampler gives for Gaussian data, and its distance from the law of the data.

With the exact denoiser of N(0, diag(v)),

    D_i = alpha v_i / (alpha^2 v_i + sigma^2) x_i,

every solver here is linear in x and in the noise of its paths: coordinate i ends at A_i x_i + sum_j B_ij xi_j with
independent standard normals xi_j, so that its variance is A_i^2 Var x_i + sum_j B_ij^2, without any sampling. A and B
are derivatives of one solve. For zero-mean Gaussians with diagonal covariances

    W2^2 = sum_i (s_i - s'_i)^2,    s the standard deviations.
"""

import math

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sgmbench.diffusion.dynamics import BatchDenoiser
from sgmbench.diffusion.noise import Noise
from sgmbench.diffusion.sampler import ReverseSampler
from sgmbench.diffusion.sampling import Initial, integrate


class GivenPath(diffrax.AbstractPath):
    """A Brownian path of one coordinate in all rows, from given standard normals for each step of a grid."""

    times: Float[Array, " steps"]
    normals: Float[Array, "2 steps"]
    shape: jax.ShapeDtypeStruct = eqx.field(static=True)
    levy_area: type = eqx.field(static=True, default=diffrax.SpaceTimeLevyArea)

    @property
    def t0(self):  # pyright: ignore[reportIncompatibleVariableOverride]
        return -jnp.inf

    @property
    def t1(self):  # pyright: ignore[reportIncompatibleVariableOverride]
        return jnp.inf

    def evaluate(self, t0, t1=None, left=True, use_levy=False):
        """W, or W and H ~ N(0, dt / 12), over the step that begins at t0."""
        i, dt = jnp.argmin(jnp.abs(self.times - t0)), t1 - t0
        W, H = (
            jnp.full(self.shape.shape, scale * normal)
            for scale, normal in zip((jnp.sqrt(dt), jnp.sqrt(dt / 12)), self.normals[:, i], strict=True)
        )
        return diffrax.SpaceTimeLevyArea(dt=dt, W=W, H=H) if use_levy else W


def gaussian_denoiser(variances: Float[Array, "*shape"]) -> BatchDenoiser:
    """The exact one, for variances of the shape of a batch, or of a row of it."""
    return lambda x, level, args: level.alpha * variances / (level.alpha**2 * variances + level.sigma**2) * x


def output_variances(
    sampler: ReverseSampler, noise: Noise, variances: Float[np.ndarray, " k"], *, initial: Initial = "gaussian"
) -> Float[np.ndarray, " k"]:
    """Variances of the samples that a sampler makes of N(0, diag(variances)), in float64."""
    v = jnp.asarray(variances, "float64")[:, None]
    denoise, like = gaussian_denoiser(v), jax.ShapeDtypeStruct(v.shape, v.dtype)
    starts, shape = _starts(sampler, noise), (sampler.path_count, 2, sampler.step_count)

    def run(inputs: Array) -> Array:
        """The first input is x of every coordinate, the others are the normals of the paths."""
        paths = tuple(GivenPath(starts, each, like) for each in inputs[1:].reshape(shape))
        made = sampler.integration(denoise, noise, paths)
        return integrate(made, sampler, noise, denoise, jnp.full(v.shape, inputs[0])).x[:, 0]

    derivatives = np.asarray(jax.jit(jax.jacfwd(run))(jnp.zeros(1 + math.prod(shape))))
    alpha, sigma = (float(part) for part in noise.level(jnp.asarray(noise.t_max, "float64")))
    first = sigma**2 + (alpha**2 * variances if initial == "gaussian" else 0.0)
    return derivatives[:, 0] ** 2 * first + np.sum(derivatives[:, 1:] ** 2, axis=1)


def ideal_variances(noise: Noise, variances: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """What exact dynamics give: at the smallest noise the law is N(0, v + ratio^2), and D there makes it v^2 / that."""
    ratio = np.exp(-noise.lambdas(np.array([noise.t_min]))[0])
    return variances**2 / (variances + ratio**2)


def relative_w2(ours: Float[np.ndarray, " k"], theirs: Float[np.ndarray, " k"]) -> float:
    """W2 between N(0, diag(ours)) and N(0, diag(theirs)) over the rms norm of the second."""
    return float(np.sqrt(np.sum((np.sqrt(ours) - np.sqrt(theirs)) ** 2) / np.sum(theirs)))


def _starts(sampler: ReverseSampler, noise: Noise) -> Float[Array, " steps"]:
    """Where the steps begin, in the time that the sampler integrates in."""
    like = jax.ShapeDtypeStruct((1, 1), jnp.dtype("float64"))
    path = GivenPath(jnp.zeros(1), jnp.zeros((2, 1)), like)
    made = sampler.integration(lambda x, level, args: x, noise, (path,) * sampler.path_count)
    return jnp.asarray(made.times[:-1])
