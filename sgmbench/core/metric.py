"""Metric: how far samples are from a reference."""

from abc import ABC, abstractmethod
from typing import ClassVar

from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples


class Metric(ABC):
    """One distance or statistic of samples against a prepared reference.

    `accepts_weights`: whether unequal (also negative) weights have a meaning; where not, the score is left out rather
    than made up. `unit` says what the number is measured in, and `ideal` what exact samples of infinite number give.
    """

    accepts_weights: ClassVar[bool] = False
    unit: ClassVar[str] = "-"
    ideal: ClassVar[float] = 0.0

    @abstractmethod
    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        """Scores by name of the part they concern, as a rule a field; empty where the metric does not apply."""
