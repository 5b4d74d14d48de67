"""Sampling: the reverse dynamics through `diffrax.diffeqsolve`, from sigma_max to sigma_min, then D(x; sigma_min).

Everything is float32: a float64 time, noise or initial value would promote the whole solve.
"""

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import lineax as lx
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.diffusion.solvers import DPMSolverPP2M

BatchDenoiser = Callable[[Float[Array, "n k"], Float[Array, ""], Any], Float[Array, "n k"]]


def karras_grid(sigma_max: float, sigma_min: float, steps: int, rho: float = 7.0) -> Float[np.ndarray, " {steps}+1"]:
    """lambda = -log sigma on the grid of Karras et al. (2022), eq. 5: dense towards small sigma."""
    ramp = np.linspace(sigma_max ** (1 / rho), sigma_min ** (1 / rho), steps + 1)
    return -rho * np.log(ramp)


def reverse_terms(
    denoise: BatchDenoiser, *, eta: float, shape: tuple[int, ...], key: Key[Array, ""]
) -> diffrax.AbstractTerm:
    """The reverse dynamics in lambda as Diffrax terms; see `solvers`."""

    def drift(lambda_, x, args):
        return (1 + eta**2) * (denoise(x, jnp.exp(-lambda_), args) - x)

    flow = diffrax.ODETerm(drift)
    if eta == 0:
        return flow
    structure = jax.ShapeDtypeStruct(shape, jnp.float32)
    path = diffrax.UnsafeBrownianPath(shape=structure, key=key)

    def noise(lambda_, x, args):
        return jnp.float32(np.sqrt(2) * eta) * jnp.exp(-lambda_) * lx.IdentityLinearOperator(structure)

    return diffrax.MultiTerm(flow, diffrax.ControlTerm(noise, path))


def sample(
    denoise: BatchDenoiser,
    x_0: Float[Array, "n k"],
    lambda_: Float[np.ndarray, " m"],
    *,
    eta: float,
    key: Key[Array, ""],
    args: Any = None,
) -> Float[Array, "n k"]:
    """Carries noise at sigma = exp(-lambda_[0]) to samples.

    Args:
        denoise: D(x, sigma, args) for the whole batch at one sigma.
        x_0: float32 draws of the law at the largest sigma.
        lambda_: increasing grid.
        eta: 0 for the probability flow, 1 for the reverse SDE of variance-exploding noise.
        key: of the SDE's noise.
        args: passed through to the denoiser (parameters, conditions).
    """
    times = jnp.asarray(lambda_, jnp.float32)
    solution = diffrax.diffeqsolve(
        reverse_terms(denoise, eta=eta, shape=x_0.shape, key=key),
        DPMSolverPP2M(eta),
        t0=times[0],
        t1=times[-1],
        dt0=None,
        y0=x_0,
        args=args,
        stepsize_controller=diffrax.StepTo(ts=times),
        saveat=diffrax.SaveAt(t1=True),
        max_steps=len(lambda_) - 1,
        adjoint=diffrax.ForwardMode(),
    )
    assert solution.ys is not None
    return denoise(solution.ys[0], jnp.exp(-times[-1]), args)
