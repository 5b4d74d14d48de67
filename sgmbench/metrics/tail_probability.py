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

from collections.abc import Iterator
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
        return f"{self.field}/below {self.below:g}" if self.above is None else f"{self.field}/above {self.above:g}"

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
        shares = self._of_thresholds if self.thresholds else self._of_quantiles
        weights = normalized_weights(samples)
        return {
            name: float(np.mean(weights @ x) / np.mean(y) - 1) if np.any(y) else float("nan")
            for name, x, y in shares(samples, reference)
        }

    def refusals(self, layout) -> dict[Place, str]:
        known = layout.slices
        return {
            ("thresholds", i, "field"): f"there is no field {threshold.field!r}; write one of {', '.join(known)}"
            for i, threshold in enumerate(self.thresholds)
            if threshold.field not in known
        }

    def _of_thresholds(
        self, samples: Samples, reference: Reference
    ) -> Iterator[tuple[str, Bool[np.ndarray, " n"], Bool[np.ndarray, " m"]]]:
        """Each event, and in which rows of the samples and of the reference it happens."""
        known = reference.layout.slices
        if refused := self.refusals(reference.layout):
            raise CellError(f"tail_probability: {next(iter(refused.values()))}")
        for threshold in self.thresholds:
            x, y = (values[:, known[threshold.field]] for values in (samples.values, reference.values))
            yield threshold.name, threshold.happens(x), threshold.happens(y)

    def _of_quantiles(
        self, samples: Samples, reference: Reference
    ) -> Iterator[tuple[str, Bool[np.ndarray, "n k"], Bool[np.ndarray, "m k"]]]:
        """The same for every varying coordinate of a field."""
        quantile = reference.sorted[int(len(reference.values) * self.level)]
        for scaled in varying_fields(reference):
            used = np.arange(reference.layout.size)[scaled.where][reference.varies[scaled.where]]
            name = f"{scaled.field.name}/{self.level}"
            yield name, samples.values[:, used] >= quantile[used], reference.values[:, used] >= quantile[used]
