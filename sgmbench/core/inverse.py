"""The inverse of an observed problem: data are given, and the parameters that they came from are asked for.

    zeta ~ N(0, I),  z = T(zeta),  xi ~ N(0, I),  y = G(z, xi),  data ~ p(data given y)          P(z given data) = ?

A run of the problem becomes a pair (data, zeta) by one draw of the instrument. zeta is learned in the place of z, since
it has no bounds: T takes every sample into the support of the prior. Of each datum d its scaled normal score is given,

    u = Phi^-1(1/2n + (1 - 1/n) F(d)) / Phi^-1(1 - 1/2n)  in [-1, 1],

F the empirical distribution function of the n training data. What is Gaussian stays so, up to F's error of some
n^(-1/2), and a heavy tail is drawn in. Data beyond the training data count as the outermost of these.

What the data tell of y itself, of the very run that they are of, is P(y given data): zeta and xi given data, pushed
through G. Pairs (data, y) teach it without a further run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key
from scipy.special import ndtri

from sgmbench.core.batches import map_in_batches
from sgmbench.core.layout import Field, Layout
from sgmbench.core.observation import Observed
from sgmbench.core.prior import Empirical
from sgmbench.core.problem import Problem, Traceable, transport, uniform_coordinates
from sgmbench.core.rng import draw_normal, stream
from sgmbench.core.runs import Runs
from sgmbench.errors import UsageError

CHUNK = 256
DIGITS = 9  # of drawn data, so that their description does not hang on the last bits of a solver


@dataclass(frozen=True)
class Inverse(Problem):
    """The problem whose output is z: its layout has a scalar field for each parameter.

    Attributes:
        forward: the problem that is run.
    """

    forward: Problem

    @property
    def parameters(self):
        """None: data have no prior that is known before there are runs."""
        return ()

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout(tuple(Field(parameter.name, parameter.unit) for parameter in self.forward.parameters))


@dataclass(frozen=True)
class Predicted(Inverse):
    """The problem whose output is y of the run that data are of; what they leave open of z and xi is its randomness."""

    @property
    def layout(self):
        return self.forward.layout


def data_of(problem: Problem, runs: Runs, *, key: Key[Array, ""]) -> Float[np.ndarray, "n k"]:
    """What the instrument shows of each run, i by the draw i of the stream `key`; anything of a failed run."""
    assert isinstance(problem, Observed)
    observation, layout = problem.observation, problem.layout

    def draw(i: Int[Array, ""], y: Float[Array, " d"]) -> Float[Array, " k"]:
        return observation.sample(jax.random.fold_in(key, i), layout.unravel(y))

    draw_all = jax.jit(lambda i, y: map_in_batches(lambda pair: draw(*pair), (i, y), batch=CHUNK))
    return np.asarray(draw_all(jnp.arange(len(runs.y)), jnp.asarray(runs.y)))


def normal_coordinates(problem: Problem, z: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n p"]:
    """zeta of parameters, T^-1(z)."""
    return ndtri((np.asarray(uniform_coordinates(problem, jnp.asarray(z))) + 1) / 2)


def parameters_of(problem: Problem, zeta: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n p"]:
    """z = T(zeta), row by row."""
    return np.asarray(jax.vmap(lambda each: transport(problem, each))(jnp.asarray(zeta, "float64")))


def normal_scores(data: Float[np.ndarray, "n k"]) -> Callable[[Float[np.ndarray, "m k"]], Float[np.ndarray, "m k"]]:
    """The map d -> u by training data; a datum that never varied tells nothing and becomes 0."""
    laws = [Empirical(column) if np.ptp(column) > 0 else None for column in data.T]
    lowest = 0.5 / len(data)

    def score(law: Empirical | None, values: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        if law is None:
            return np.zeros(len(values))
        return ndtri(lowest + (1 - 2 * lowest) * np.asarray(law.cdf(values))) / ndtri(1 - lowest)

    def scores(rows: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m k"]:
        return np.stack([score(law, column) for law, column in zip(laws, rows.T, strict=True)], axis=1)

    return scores


@lru_cache(maxsize=16)
def draw_observations(problem: Problem, n: int, *, seed: int) -> tuple[tuple[float, ...], ...]:
    """n data of the prior predictive law by a seed that no run has; the first of more are the same.

    Raises:
        UsageError: the solver fails nearly always.
    """
    assert isinstance(problem, Traceable)
    assert isinstance(problem, Observed)
    key, noise = stream(seed, "observations"), stream(seed, "observation noise")
    p = len(problem.parameters)

    @jax.jit
    def draw(i: Int[Array, ""]) -> Float[Array, " k"]:
        zeta, xi = jnp.split(draw_normal(key, i, p + problem.germ_dimension), [p])
        fields = problem.simulate(transport(problem, zeta), xi)
        return problem.observation.sample(jax.random.fold_in(noise, i), fields)

    attempts = 100 + 10 * n
    every = (np.asarray(draw(jnp.asarray(i))) for i in range(attempts))
    found = list(islice((data for data in every if np.isfinite(data).all()), n))
    if len(found) < n:
        name = type(problem).__name__
        raise UsageError(f"{attempts} runs of {name} gave {len(found)} finite data; check its solver, or list data")
    return tuple(tuple(float(f"{value:.{DIGITS}g}") for value in data) for data in found)
