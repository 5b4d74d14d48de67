"""Limit state: a scalar s(u) of the standard normal vector u behind a run; the event happens where s < 0.

    s = y - t  for the event y < t,      s = t - y  for y > t

A failed run has s = infinity: it is never part of the event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from sgmbench.core.prepare import MakesRuns


@dataclass(frozen=True)
class Population:
    """Points u with their limit state, and the number of the solver run behind each; a run may stand more than once."""

    u: Float[np.ndarray, "n k"]
    s: Float[np.ndarray, " n"]
    run: Int[np.ndarray, " n"]

    def take(self, rows: Int[np.ndarray, " m"]) -> "Population":
        """The points of these rows."""
        return Population(self.u[rows], self.s[rows], self.run[rows])

    def where(self, these: Bool[np.ndarray, " n"], *, otherwise: "Population") -> "Population":
        """These points, and those of another population in the other rows."""
        return Population(
            np.where(these[:, None], self.u, otherwise.u),
            np.where(these, self.s, otherwise.s),
            np.where(these, self.run, otherwise.run),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Population]") -> "Population":
        """One after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("u", "s", "run")))


class Weighted(NamedTuple):
    """What a method makes of its runs: which it delivers, their weights, and what it tells of itself."""

    run: Int[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]
    told: dict[str, Any]


class LimitState:
    """s at points asked for. It keeps every output and counts what was spent.

    Args:
        simulation: makes the runs.
        z: the condition, or nothing.
        dimension: k, the length of u.
        column: of the scalar in y.
        threshold: t.
        is_above: whether the event is y > t.
        budget: runs that may be spent.
    """

    def __init__(
        self,
        simulation: MakesRuns,
        z: tuple[float, ...],
        *,
        dimension: int,
        column: int,
        threshold: float,
        is_above: bool,
        budget: int,
    ) -> None:
        self.simulation = simulation
        self.z = z
        self.dimension = dimension
        self.column = column
        self.threshold = threshold
        self.is_above = is_above
        self.budget = budget
        self.spent = 0
        self.executed = 0
        self._outputs: list[Float[np.ndarray, "n d"]] = []

    @property
    def left(self) -> int:
        """Runs that may still be spent."""
        return self.budget - self.spent

    def __call__(self, u: Float[np.ndarray, "n k"]) -> Population:
        """The runs at these points."""
        made = self.simulation.at(u, z=self.z)
        first, self.spent = self.spent, self.spent + len(u)
        self.executed += made.executed
        self._outputs.append(made.y)
        s = made.y[:, self.column] - self.threshold
        s = np.where(made.ok, -s if self.is_above else s, np.inf)
        return Population(u, s, np.arange(first, self.spent))

    def outputs(self, run: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n d"]:
        """y of runs by their numbers."""
        return np.concatenate(self._outputs)[run]
