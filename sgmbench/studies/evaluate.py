"""One batch of runs at given inputs, in double or single precision."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sgmbench.core.hosted_simulation import rows_of
from sgmbench.core.problem import Hosted, Problem, Traceable, transport
from sgmbench.core.rng import draw_normal, stream
from sgmbench.errors import UsageError

Inputs = tuple[Float[np.ndarray, "n p"], Float[np.ndarray, "n m"]]


def draw_inputs(problem: Problem, n: int, *, label: str) -> Inputs:
    """(z, xi) of n runs drawn from the prior and the germ's law, the same for the same label."""
    p, key = len(problem.parameters), stream(0, "check-problem", label)
    normal = jax.vmap(lambda index: draw_normal(key, index, p + problem.germ_dimension))(jnp.arange(n))
    return parameters_at(problem, np.asarray(normal[:, :p])), np.asarray(normal[:, p:])


def parameters_at(problem: Problem, zeta: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n p"]:
    """z = T(zeta), row by row."""
    return np.asarray(jax.vmap(lambda each: transport(problem, each))(jnp.asarray(zeta)))


def evaluate(problem: Problem, inputs: Inputs, *, precision: str = "float64") -> Float[np.ndarray, "n d"]:
    """y of each run, in float64 whatever it was computed in; rows of failed runs have NaN.

    Raises:
        UsageError: the problem has no solver, or its solver's precision cannot be chosen.
        CellError: its host gives something else than rows of y.
    """
    z, xi = inputs
    if isinstance(problem, Hosted) and precision == "float64":
        return rows_of(problem.simulate_batch(z, xi), problem, len(z))
    if not isinstance(problem, Traceable):
        raise UsageError(f"{type(problem).__name__} has no solver that could be run in {precision}")
    with jax.enable_x64(precision == "float64"):
        run = jax.jit(jax.vmap(lambda z, xi: problem.layout.ravel(problem.simulate(z, xi))))
        return np.asarray(run(jnp.asarray(z, precision), jnp.asarray(xi, precision)), "float64")


def error_in_sd(
    problem: Problem, error: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n d"]
) -> dict[str, Float[np.ndarray, " n"]]:
    """Rms over each varying field's grid of the error of each run, in the field's rms standard deviation over y."""
    good = np.all(np.isfinite(y), axis=1)
    variance = y[good].var(axis=0, ddof=1)
    errors = {}
    for field in problem.layout.fields:
        where = problem.layout.slices[field.name]
        sd, scale = np.sqrt(field.quadrature @ variance[where]), np.abs(y[good][:, where]).max()
        if sd > 1e-9 * scale:
            errors[field.name] = np.sqrt(error[:, where] ** 2 @ field.quadrature) / sd
    return errors
