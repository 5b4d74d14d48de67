"""Held-out pairs: samples at the condition of each of some held-out runs, where no condition repeats.

Rows are ordered sample by sample and not pair by pair, so that the first of them cover all pairs.
"""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.layout import Layout
from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.progress import Progress
from sgmbench.core.samples import Samples

Sample = Callable[[Float[np.ndarray, " q"], int, Key[Array, ""]], Float[np.ndarray, "n d"]]


def samples_at_pairs(
    sample: Sample, given: Float[np.ndarray, "k q"], problem: Problem, *, key: Key[Array, ""], progress: Progress
) -> Samples:
    """Samples of a Generator at every given condition."""
    assert isinstance(problem, Recorded)
    drawn = []
    for i, at in enumerate(given):
        drawn.append(np.asarray(sample(at, problem.samples_a_pair, jax.random.fold_in(key, i)), "float64"))
        progress("held-out pairs", i + 1, len(given))
    return _in_turns(drawn, problem.layout)


def samples_without_conditions(y: Float[np.ndarray, "n d"], pairs: int, problem: Problem) -> Samples:
    """The same from rows of the marginal law: what ignoring the conditions would deliver."""
    assert isinstance(problem, Recorded)
    each = min(problem.samples_a_pair, len(y))
    return _in_turns([y[(i * each + np.arange(each)) % len(y)] for i in range(pairs)], problem.layout)


def _in_turns(drawn: list[Float[np.ndarray, "each d"]], layout: Layout) -> Samples:
    values = np.stack(drawn, axis=1)
    each, pairs, d = values.shape
    pair = np.tile(np.arange(pairs), each)
    return Samples.equally_weighted(values.reshape(each * pairs, d), layout, is_law=True, pair=pair)
