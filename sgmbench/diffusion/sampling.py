"""Sampling: x at the largest noise, the reverse dynamics through `diffrax.diffeqsolve`, then D at the smallest noise.

Everything has the dtype of x: a float64 time or Brownian path would promote a float32 solve.
"""

from typing import Any, Literal, NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.diffusion.dynamics import BatchDenoiser, brownian_path, unscaled
from sgmbench.diffusion.noise import Noise
from sgmbench.diffusion.sampler import Integration, ReverseSampler

Initial = Literal["gaussian", "prior"]


class Drawn(NamedTuple):
    """Samples, and how often the denoiser was evaluated for each."""

    x: Float[Array, "n k"]
    evaluations: Array


def initial_law(
    initial: Initial, noise: Noise, mean: Float[np.ndarray, " k"], covariance: Float[np.ndarray, "k k"]
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "k k"]]:
    """(center, root) of x at the largest noise, center + root n.

    "prior" is N(0, sigma^2 I); "gaussian" is N(alpha m, alpha^2 C + sigma^2 I), exact for Gaussian data, by the
    symmetric root, so that both begin at the same x from the same n where the noise is large.
    """
    alpha, sigma = (float(part) for part in noise.level(jnp.asarray(noise.t_max, "float64")))
    if initial == "prior":
        return np.zeros_like(mean), sigma * np.eye(len(mean))
    variances, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(alpha**2 * np.maximum(variances, 0) + sigma**2)) @ vectors.T
    return alpha * mean, root


def sample(
    sampler: ReverseSampler,
    noise: Noise,
    denoise: BatchDenoiser,
    x_0: Float[Array, "n k"],
    *,
    key: Key[Array, ""],
    args: Any = None,
) -> Drawn:
    """Carries x at the largest noise to samples.

    Args:
        sampler: which solver, on which grid.
        noise: the family, with its ends.
        denoise: D(x, level, args) for the whole batch at one level.
        x_0: draws of the law at the largest noise.
        key: of the reverse SDE's noise.
        args: passed through to the denoiser (parameters, conditions).
    """
    like = jax.ShapeDtypeStruct(x_0.shape, x_0.dtype)
    keys = jax.random.split(key, max(sampler.path_count, 1))
    paths = tuple(brownian_path(like, keys[i], levy_area=sampler.levy_area) for i in range(sampler.path_count))
    return integrate(sampler.integration(denoise, noise, paths), sampler, noise, denoise, x_0, args)


def integrate(
    made: Integration,
    sampler: ReverseSampler,
    noise: Noise,
    denoise: BatchDenoiser,
    x_0: Float[Array, "n k"],
    args: Any = None,
) -> Drawn:
    """The solve, and the last denoising."""
    ends = jnp.asarray([noise.t_max, noise.t_min], x_0.dtype)
    first, last = noise.level(ends[0]), noise.level(ends[1])
    times = jnp.asarray(made.times, x_0.dtype)
    solution = diffrax.diffeqsolve(
        made.terms,
        made.solver,
        t0=times[0],
        t1=times[-1],
        dt0=None,
        y0=x_0 if made.scaled else x_0 / first.alpha,
        args=args,
        stepsize_controller=made.controller or diffrax.StepTo(ts=times),
        saveat=diffrax.SaveAt(t1=True),
        max_steps=sampler.step_count,
        adjoint=diffrax.ForwardMode(),
        throw=False,
    )
    assert solution.ys is not None
    x = denoise(solution.ys[0], last if made.scaled else unscaled(-jnp.log(last.ratio)), args)
    good = solution.result == diffrax.RESULTS.successful
    evaluations = sampler.evaluations_a_step * solution.stats["num_steps"] + 1
    return Drawn(jnp.where(good, x, jnp.nan), evaluations)
