"""Held-out pairs: samples at the condition of each of some held-out runs, where no condition repeats.

Rows are ordered sample by sample and not pair by pair, so that the first of them cover all pairs.
"""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.progress import Progress
from sgmbench.core.samples import Samples

Sample = Callable[[Float[np.ndarray, " q"], int, Key[Array, ""]], Float[np.ndarray, "n d"]]


def samples_at_pairs(
    sample: Sample, given: Float[np.ndarray, "k q"], problem: Problem, *, key: Key[Array, ""], progress: Progress
) -> Samples:
    """Samples of a Generator at every given condition."""
    assert isinstance(problem, Recorded)
    values, pair = drawn_at(sample, given, problem.samples_a_pair, key=key, told=partial(progress, "held-out pairs"))
    return Samples.equally_weighted(values, problem.layout, is_law=True, pair=pair)


def drawn_at(
    sample: Sample,
    given: Float[np.ndarray, "k q"],
    each: int,
    *,
    key: Key[Array, ""],
    told: Callable[[int, int], object],
) -> tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]]:
    """So many samples at each of several conditions, and at which of them each row is."""
    drawn = []
    for i, at in enumerate(given):
        drawn.append(np.asarray(sample(at, each, jax.random.fold_in(key, i)), "float64"))
        told(i + 1, len(given))
    return _in_turns(drawn)


def samples_without_conditions(y: Float[np.ndarray, "n d"], pairs: int, problem: Problem) -> Samples:
    """The same from rows of the marginal law: what ignoring the conditions would deliver."""
    assert isinstance(problem, Recorded)
    each = min(problem.samples_a_pair, len(y))
    values, pair = _in_turns([y[(i * each + np.arange(each)) % len(y)] for i in range(pairs)])
    return Samples.equally_weighted(values, problem.layout, is_law=True, pair=pair)


def _in_turns(
    drawn: list[Float[np.ndarray, "each d"]],
) -> tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]]:
    values = np.stack(drawn, axis=1)
    each, conditions, d = values.shape
    return values.reshape(each * conditions, d), np.tile(np.arange(conditions), each)
