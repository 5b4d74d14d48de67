"""Errors of the law over z of P(A given z), A the event that a field lies above t (or below) anywhere on its grid.

    W1(law of p_Q, law of p_P),      p = P(A given z),  z from the prior
    sd p_Q - sd p_P

p is not seen, only p^, the share of n rows at one z. W1 is of the laws of p^, every z weighing alike: p^ spreads more
than p by E p (1 - p) / n, which shifts quantiles by O(1/n). A law is asked at the reference's z with as many rows at
each, so that exact samples have the same blur; a finite nested set is held to what it delivers, against a reference
whose n should be larger than its own. The standard deviation is the root of the variance over z without the blur, by
analysis of variance of the indicator of A (`statistics.variance_components`), and 0 where its estimate is negative.

Where no event is given, that of each field is that it exceeds the reference's quantile of a level, the quantile of
max y over the grid, rounded to a hundredth of its standard deviation. It is named in the score, as "c/above 0.353".

Cost: one look at each value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt, Lt
from jaxtyping import Float, Int
from scipy.stats import wasserstein_distance

from sgmbench.core.metric import NestedScore
from sgmbench.core.place import Place
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.tail_probability import Threshold
from sgmbench.statistics.variance_components import components, grouped


class Exceedance(NamedTuple):
    """An event over z: its probability, the standard deviation of P(A given z) over z, and p^ of each z."""

    probability: float
    sd: float
    shares: Float[np.ndarray, " K"]


@dataclass(frozen=True)
class ExceedanceLaw(NestedScore):
    """Errors of the law over z of the probability that a field exceeds a threshold, for a decomposition.

    Attributes:
        thresholds: the events; by default each field exceeds its quantile.
        level: of that quantile.
    """

    unit: ClassVar[str] = "probability"

    thresholds: tuple[Threshold, ...] = ()
    level: Annotated[float, Gt(0), Lt(1)] = 0.9

    def score_nested(self, samples: Samples, reference: Reference) -> dict[str, float]:
        scores: dict[str, float] = {}
        for threshold in self.events(reference):
            true, found = (_exceedance(rows, reference, threshold) for rows in (reference, samples))
            scores[threshold.name] = float(wasserstein_distance(found.shares, true.shares))
            scores[f"{threshold.name}/sd"] = found.sd - true.sd
        return scores

    def refusals(self, layout) -> dict[Place, str]:
        return {
            ("thresholds", i, "field"): f"there is no field {t.field!r}; write one of {', '.join(layout.slices)}"
            for i, t in enumerate(self.thresholds)
            if t.field not in layout.slices
        }

    def truth(self, reference: Reference) -> dict[str, Exceedance]:
        """The events by name, in the reference itself."""
        return {t.name: _exceedance(reference, reference, t) for t in self.events(reference)}

    def events(self, reference: Reference) -> Iterator[Threshold]:
        """What is looked at.

        Raises:
            CellError: it is of no field.
        """
        if refused := self.refusals(reference.layout):
            raise CellError(f"exceedance_law: {next(iter(refused.values()))}")
        yield from self.thresholds or self._of_quantiles(reference)

    def _of_quantiles(self, reference: Reference) -> Iterator[Threshold]:
        for scaled in varying_fields(reference):
            largest = reference.values[:, scaled.where].max(axis=1)
            digits = 2 - floor(log10(largest.std() or scaled.sd))
            yield Threshold(scaled.field.name, above=round(float(np.quantile(largest, self.level)), digits))


def _exceedance(rows: Samples | Reference, reference: Reference, threshold: Threshold) -> Exceedance:
    assert rows.outer is not None
    happens = threshold.happens(rows.values[:, reference.layout.slices[threshold.field]]).astype(float)
    shares = shares_of(happens, rows.outer)
    groups = grouped(happens[:, None], rows.outer, quadrature=np.ones(1), center=np.zeros(1))
    variance = float(components(groups).epistemic)
    return Exceedance(float(happens.mean()), max(variance, 0.0) ** 0.5, shares)


def shares_of(happens: Float[np.ndarray, " n"], outer: Int[np.ndarray, " n"]) -> Float[np.ndarray, " K"]:
    """p^ of each z."""
    _, number, counts = np.unique(outer, return_inverse=True, return_counts=True)
    return np.bincount(number, happens) / counts
