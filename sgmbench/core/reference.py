"""Reference: many independent solver runs of one target at one condition, which everything is scored against."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from sgmbench.core.problem import Problem
from sgmbench.core.running_law import RunningLaw


class Reference:
    """Runs of the truth at one condition, with what metrics prepare from them.

    Args:
        values: runs as rows, in float64.
        problem: where they come from; its layout names the fields.
        z: the condition, None for a marginal.
        outer: which z each row is of, from 0 on, where several rows are of one and z varies.
        law: of all runs, where the rows are only some of them.
    """

    def __init__(
        self,
        values: Float[np.ndarray, "n d"],
        problem: Problem,
        z: tuple[float, ...] | None,
        outer: Int[np.ndarray, " n"] | None = None,
        law: RunningLaw | None = None,
    ) -> None:
        self.values = values
        self.problem = problem
        self.z = z
        self.outer = outer
        self.law = law
        self._prepared: dict[str, Any] = {}

    @property
    def layout(self):
        """The fields of the problem's output."""
        return self.problem.layout

    @cached_property
    def mean(self) -> Float[np.ndarray, " d"]:
        """Mean of each coordinate."""
        return self.values.mean(axis=0) if self.law is None else self.law.mean

    @cached_property
    def sd(self) -> Float[np.ndarray, " d"]:
        """Standard deviation of each coordinate (unbiased variance)."""
        return self.values.std(axis=0, ddof=1) if self.law is None else np.sqrt(self.law.variance)

    @cached_property
    def varies(self) -> Bool[np.ndarray, " d"]:
        """Coordinates that are not constant; the others are constraints."""
        scale = np.abs(self.mean) + self.field_sd
        return self.sd > 1e-9 * scale

    @cached_property
    def field_sd(self) -> Float[np.ndarray, " d"]:
        """The rms standard deviation of the field that each coordinate belongs to."""
        result = np.empty(self.layout.size)
        for field in self.layout.fields:
            where = self.layout.slices[field.name]
            result[where] = np.sqrt(field.quadrature @ self.sd[where] ** 2)
        return result

    @cached_property
    def sorted(self) -> Float[np.ndarray, "n d"]:
        """Each coordinate's values in order."""
        return np.sort(self.values, axis=0)

    def prepared(self, name: str, make: Callable[[], Any]) -> Any:
        """What a metric computed once from this reference, made at the first request."""
        if name not in self._prepared:
            self._prepared[name] = make()
        return self._prepared[name]
