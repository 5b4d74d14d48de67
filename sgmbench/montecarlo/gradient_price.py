"""The price of a gradient: what a run counts as that is differentiated too, in runs of the forward model.

    g = seconds of (log p, grad log p) / seconds of log p

Both are taken at the same positions: the last draws, over again where there are few, all chains at a time as in their
trajectories. Such rows follow each other in one compiled loop, so that the dispatch of a cheap model is not what is
measured. Value and gradient take turns; g is the median of their ratios, so that a drift of the machine cancels and a
single disturbance changes nothing. It is no less than 1, for the value is a part of the other.

Bias: g is of this machine, compiler and batch; where the gradient is made otherwise, by an adjoint solver say, it is
another. Cost: two compilations, once for all cells of a problem, and `SECONDS` of runs, or a row in each of the fewest
turns where that takes longer.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sgmbench.core.problem import Traceable
from sgmbench.montecarlo.nuts import log_posterior

SECONDS = 0.3
FEWEST_TURNS, MOST_TURNS = 3, 15
MOST_ROWS = 2048


def price_of_gradient(
    problem: Traceable, data: tuple[float, ...], position: Float[np.ndarray, "draws chains k"], *, seconds_a_row: float
) -> float:
    """g at the last positions of chains.

    Args:
        problem: traceable and observed.
        data: what the chains were given.
        position: zeta and xi of all draws.
        seconds_a_row: what all chains together took for a step, gradient and all.
    """
    turns, n = turns_and_rows(seconds_a_row)
    latest_first = position[-1 - np.arange(n) % len(position)]
    rows, given = jnp.asarray(latest_first), jnp.asarray(data, "float64")
    value, with_gradient = (partial(program, rows, given) for program in _programs(problem))
    return max(1.0, ratio_of_seconds(value, with_gradient, turns=turns))


def turns_and_rows(seconds_a_row: float) -> tuple[int, int]:
    """How many fit into the time that there is, first calls included; rows are a power of 2, so that shapes are few."""
    pairs = SECONDS / (2 * seconds_a_row) if seconds_a_row > 0 else math.inf
    turns = int(min(max(pairs - 1, FEWEST_TURNS), MOST_TURNS))
    rows = min(max(pairs / (turns + 1), 1), MOST_ROWS)
    return turns, 2 ** int(math.log2(rows))


def ratio_of_seconds(
    first: Callable[[], Any], second: Callable[[], Any], *, turns: int, now: Callable[[], float] = time.perf_counter
) -> float:
    """The median over turns of the seconds of the second over those of the first; neither's first call is timed."""
    first()
    second()
    ratios = []
    for _ in range(turns):
        begun = now()
        first()
        between = now()
        second()
        ratios.append((now() - between) / (between - begun))
    return float(np.median(ratios))


@lru_cache(maxsize=2)
def _programs(problem: Traceable) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Value, and value with gradient, as functions of rows and data: all cells of a run compile them once."""
    value = partial(log_posterior, problem)
    return _row_by_row(value), _row_by_row(jax.value_and_grad(value))


def _row_by_row(of_one: Callable[[Float[Array, " k"], Float[Array, " size"]], Any]) -> Callable[..., Any]:
    """The function at all chains of a row, and one row after the other; its call ends when the device has."""

    @jax.jit
    def at(rows: Float[Array, "rows chains k"], data: Float[Array, " size"]) -> Any:
        return jax.lax.map(jax.vmap(lambda position: of_one(position, data)), rows)

    return lambda rows, data: jax.block_until_ready(at(rows, data))
