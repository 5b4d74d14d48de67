"""Metric: how far samples are from a reference."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples


class Metric(ABC):
    """One distance or statistic of samples against a prepared reference.

    `accepts_weights`: whether unequal (also negative) weights have a meaning; where not, the score is left out rather
    than made up. `unit` says what the number is measured in, and `ideal` what exact samples of infinite number give. A
    metric that is not `by_default` is computed where a configuration names it: it is dear, or needs to be told of what.
    """

    accepts_weights: ClassVar[bool] = False
    unit: ClassVar[str] = "-"
    ideal: ClassVar[float] = 0.0
    by_default: ClassVar[bool] = True

    @abstractmethod
    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        """Scores by name of the part they concern, as a rule a field; empty where the metric does not apply."""


class PairScore(Metric):
    """A proper score of samples drawn at the conditions of held-out runs, against these runs one by one.

    No run is compared with the law that it came from, so exact samples do not score zero: what they score depends on
    that law alone, no other samples score less on average, and only differences between methods have a meaning.
    """

    ideal: ClassVar[float] = float("nan")

    @abstractmethod
    def each(self, samples: Samples, reference: Reference) -> dict[str, Float[np.ndarray, " pairs"]]:
        """Scores of every pair by part; rows of the reference are the held-out runs that `samples.pair` counts."""

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        if samples.pair is None:
            return {}
        return {part: float(np.mean(values)) for part, values in self.each(samples, reference).items()}
