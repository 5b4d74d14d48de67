"""Solves in float64, and the floats that a traced function computes with."""

from collections.abc import Callable, Iterator
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import ClosedJaxpr, Jaxpr

from sgmbench.diffusion.sampling import reverse_terms
from sgmbench.diffusion.solvers import DPMSolverPP2M


@pytest.fixture(scope="session")
def flow() -> Callable[..., np.ndarray]:
    """Probability flow of a denoiser D(x, sigma) along a grid of lambda, in the floats of x_0."""

    def solve(denoise, x_0, lambda_):
        times = jnp.asarray(lambda_, x_0.dtype)
        return diffrax.diffeqsolve(
            reverse_terms(lambda x, sigma, _: denoise(x, sigma), eta=0.0, shape=x_0.shape, key=jax.random.key(0)),
            DPMSolverPP2M(),
            t0=times[0],
            t1=times[-1],
            dt0=None,
            y0=x_0,
            stepsize_controller=diffrax.StepTo(ts=times),
            max_steps=len(times) - 1,
        ).ys[0]

    return solve


@pytest.fixture(scope="session")
def floats() -> Callable[..., set[str]]:
    """Names of the floating types of all arrays in the jaxpr of a function, inner jaxprs included.

    Scalars are left out: JAX traces some Python floats as float64 before it casts them; one that promoted would show.
    """

    def dtypes(jaxpr: Jaxpr) -> Iterator[Any]:
        for equation in jaxpr.eqns:
            yield from (v.aval.dtype for v in (*equation.invars, *equation.outvars) if getattr(v.aval, "shape", ()))
            for inner in jax.tree.leaves(equation.params, is_leaf=lambda p: isinstance(p, Jaxpr | ClosedJaxpr)):
                if isinstance(inner, Jaxpr | ClosedJaxpr):
                    yield from dtypes(getattr(inner, "jaxpr", inner))

    def of(function: Callable[..., Any], *arguments: Any) -> set[str]:
        found = dtypes(jax.make_jaxpr(function)(*arguments).jaxpr)
        return {str(dtype) for dtype in found if jnp.issubdtype(dtype, jnp.floating)}

    return of
