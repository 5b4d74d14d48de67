"""Errors of probabilities of rare events, relative to them.

    ( P_Q(A) - P_P(A) ) / P_P(A),      A: a field lies above t, or below t, anywhere on its grid,

which of a scalar field is {y > t} or {y < t}, and of others {max y > t} or {min y < t}. Probabilities are weighted
shares of rows, of either sign, and unbiased. Where no threshold is given, every coordinate has its own: the reference's
value of rank k + 1, k the whole part of n p for the level p, and A is {y_i >= t_i}; the score is that of the mean
probability over the varying coordinates of a field. For samples of the reference's law its mean is -1 / (n + 1).

With probability P, N independent rows and a reference of n the score has the variance (1 - P) / P (1/N + 1/n), and for
given thresholds the mean (1 - P) / (n P): a reference in which an event has not happened ten times says little of it,
and where it has not happened at all the score is NaN. -1 says that samples lack the event. The cost is one look at each
value.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Lt
from jaxtyping import Bool, Float

from sgmbench.core.metric import Metric
from sgmbench.core.place import Place
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.weights import normalized_weights


@dataclass(frozen=True)
class Threshold:
    """An event: a field lies somewhere above a value, or somewhere below one.

    Attributes:
        field: its name.
        above: the value, in the field's unit; or
        below: the same for the other side.
    """

    field: str
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            count = "neither" if self.above is None else "both"
            raise ValueError(f"{count} of above and below is given for the field {self.field!r}; write one of them")

    @property
    def name(self) -> str:
        """The field and the event, like "c/above 0.3"."""
        return f"{self.field}/{self.event}"

    @property
    def event(self) -> str:
        """The event alone, like "above 0.3"."""
        return f"below {self.below:g}" if self.above is None else f"above {self.above:g}"

    def happens(self, values: Float[np.ndarray, "n size"]) -> Bool[np.ndarray, " n"]:
        """Whether it does, in each row of the field's values."""
        return np.any(values < self.below if self.above is None else values > self.above, axis=1)


@dataclass(frozen=True)
class TailProbability(Metric):
    """Errors of the probabilities that fields exceed thresholds, relative to the reference's.

    Attributes:
        thresholds: the events; by default each coordinate exceeds its quantile, named like "c/0.99".
        level: of that quantile.
    """

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "ratio"

    thresholds: tuple[Threshold, ...] = ()
    level: Annotated[float, Gt(0), Lt(1)] = 0.99

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        weights = normalized_weights(samples)
        found, true = (self.shares(rows.values, reference) for rows in (samples, reference))
        return {
            name: float(weights @ found[name] / np.mean(S)) - 1 if np.any(S) else float("nan")
            for name, S in true.items()
        }

    def shares(self, values: Float[np.ndarray, "n d"], reference: Reference) -> dict[str, Float[np.ndarray, " n"]]:
        """By event, the share of coordinates at which it happens in each row; 0 or 1 of a given threshold.

        Raises:
            CellError: a threshold is of no field.
        """
        return self._of_thresholds(values, reference) if self.thresholds else self._of_quantiles(values, reference)

    def refusals(self, layout) -> dict[Place, str]:
        known = layout.slices
        return {
            ("thresholds", i, "field"): f"there is no field {threshold.field!r}; write one of {', '.join(known)}"
            for i, threshold in enumerate(self.thresholds)
            if threshold.field not in known
        }

    def _of_thresholds(
        self, values: Float[np.ndarray, "n d"], reference: Reference
    ) -> dict[str, Float[np.ndarray, " n"]]:
        if refused := self.refusals(reference.layout):
            raise CellError(f"tail_probability: {next(iter(refused.values()))}")
        where = reference.layout.slices
        return {t.name: t.happens(values[:, where[t.field]]).astype(float) for t in self.thresholds}

    def _of_quantiles(
        self, values: Float[np.ndarray, "n d"], reference: Reference
    ) -> dict[str, Float[np.ndarray, " n"]]:
        quantile = reference.sorted[int(len(reference.values) * self.level)]
        found = {}
        for scaled in varying_fields(reference):
            used = np.arange(reference.layout.size)[scaled.where][reference.varies[scaled.where]]
            found[f"{scaled.field.name}/{self.level}"] = np.mean(values[:, used] >= quantile[used], axis=1)
        return found
