"""Metric: how far samples are from a reference."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Layout
from sgmbench.core.place import Place
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples

Judgment = Literal["deviation", "square", "equivalent_runs"]
"""How scores tell the error of samples, the less the better.

    deviation         |score - ideal|, and the score itself where exact samples have none in common
    square            the score, an unbiased estimate of a square: of either sign where there is no error
    equivalent_runs   1 / N_eq, of the scores d2, mu and mu_samples (see `statistics.equivalent_runs`)
"""


class Metric(ABC):
    """One distance or statistic of samples against a prepared reference.

    `accepts_weights`: whether unequal (also negative) weights have a meaning; where not, the score is left out rather
    than made up. `unit` says what the number is measured in, and `ideal` what exact samples of infinite number give. A
    metric that is not `by_default` is computed where a configuration names it: it is dear, or needs to be told of what.
    `judged_by` says what two runs are compared by, None that its scores are no errors.
    """

    accepts_weights: ClassVar[bool] = False
    unit: ClassVar[str] = "-"
    ideal: ClassVar[float] = 0.0
    by_default: ClassVar[bool] = True
    judged_by: ClassVar[Judgment | None] = "deviation"

    @abstractmethod
    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        """Scores by name of the part they concern, as a rule a field; empty where the metric does not apply."""

    def refusals(self, layout: Layout) -> dict[Place, str]:
        """Hyperparameters that samples of this layout cannot be scored by: where, why not, and what to write."""
        return {}


class PairScore(Metric):
    """A score of samples against the runs of the truth at their condition one by one, mean over these pairs.

    Held-out runs are each at a condition of their own, and `Samples.pair` says which samples are drawn there. Else all
    runs of the reference are at the condition of the samples, be it parameters or data. A law at which nothing is given
    is not asked for it: its runs are at no condition.

    No run is compared with the law that it came from, so exact samples do not score zero: what they score depends on
    that law alone, no other samples score less on average, and only differences, between methods or to a floor, have a
    meaning.
    """

    ideal: ClassVar[float] = float("nan")

    @abstractmethod
    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        """By part the score of every held-out run, or the one mean over all runs of the samples' condition."""

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        return {part: float(np.mean(values)) for part, values in self.each(samples, reference).items()}


class NestedScore(Metric):
    """A score of rows of which several are of one z (`Samples.outer`), against a reference of such rows.

    These rows are not independent, so that no other metric is asked there, and this one nowhere else.
    """

    @abstractmethod
    def score_nested(self, samples: Samples, reference: Reference) -> dict[str, float]:
        """Scores by name of the part; of samples and of the reference it is known which z each row is of."""

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        return {} if samples.outer is None else self.score_nested(samples, reference)
