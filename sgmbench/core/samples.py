"""Samples: what a method delivers for one condition."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sgmbench.core.layout import Layout


@dataclass(frozen=True)
class Samples:
    """n weighted rows.

    `run` names the solver run behind each row, so that statistics can skip pairs of one run. `is_law` says how to score
    them: a Generator's samples stand for the law that it could sample forever (U-statistics), a Sampler's are the
    finite weighted set that it delivers (V-statistics).

    Where no condition repeats, samples are drawn at the condition of each of some held-out runs, and `pair` says of
    each row which: they are scored against these runs one by one.

    Where z varies from row to row and several rows are of one z, `outer` says of each row which: these are not
    independent. Of a law the z are those of the reference, by the same numbers.
    """

    values: Float[np.ndarray, "n d"]
    layout: Layout
    is_law: bool
    weights: Float[np.ndarray, " n"]
    run: Int[np.ndarray, " n"]
    pair: Int[np.ndarray, " n"] | None = None
    outer: Int[np.ndarray, " n"] | None = None

    @classmethod
    def equally_weighted(
        cls,
        values: Float[np.ndarray, "n d"],
        layout: Layout,
        *,
        is_law: bool,
        pair: Int[np.ndarray, " n"] | None = None,
        outer: Int[np.ndarray, " n"] | None = None,
    ) -> "Samples":
        """Rows of weight 1/n, each from a run of its own."""
        n = len(values)
        return cls(values, layout, is_law, np.full(n, 1 / max(n, 1)), np.arange(n), pair, outer)

    @property
    def has_equal_weights(self) -> bool:
        """Whether every row weighs the same."""
        return len(self.weights) == 0 or bool(np.allclose(self.weights, self.weights[0], rtol=1e-12, atol=0))

    @property
    def ok(self) -> Bool[np.ndarray, " n"]:
        """Rows without NaN or infinity."""
        return np.all(np.isfinite(self.values), axis=1)

    def keep(self, rows: Bool[np.ndarray, " n"]) -> "Samples":
        """Some of the rows, their weights scaled to the same sum."""
        weights = self.weights[rows]
        weights = weights * (self.weights.sum() / weights.sum())
        pair, outer = (None if each is None else each[rows] for each in (self.pair, self.outer))
        return Samples(self.values[rows], self.layout, self.is_law, weights, self.run[rows], pair, outer)

    def head(self, n: int) -> "Samples":
        """The first n rows with the weights that they have."""
        pair, outer = (None if each is None else each[:n] for each in (self.pair, self.outer))
        return Samples(self.values[:n], self.layout, self.is_law, self.weights[:n], self.run[:n], pair, outer)
