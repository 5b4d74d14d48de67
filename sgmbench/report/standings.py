"""Standings: methods ranked by their energy score over held-out pairs, where no condition repeats.

A method's score at a pair is its mean over replicates. How far a method is behind the best one is the mean over pairs
of the difference of the two, with its paired standard error: half the energy distance that it is further from the
truth, on average over the conditions.
"""

from dataclasses import dataclass

import numpy as np

from sgmbench.core.result import Result
from sgmbench.statistics.paired import paired_difference

ENERGY_SCORE = "energy_score"
TOLD_APART = 2  # standard errors


@dataclass(frozen=True)
class Standing:
    """One method at one budget: its score, how far it is behind the best one, and the standard error of that."""

    method: str
    budget: int
    replicates: int
    score: float
    behind: float
    standard_error: float

    @property
    def is_told_apart(self) -> bool:
        """Whether it is behind by more than chance."""
        return not self.behind <= TOLD_APART * self.standard_error  # also where there is no number


def standings_of(results: list[Result]) -> list[Standing]:
    """The valid methods of one target, best first; none where it was not scored over pairs."""
    scores: dict[tuple[str, int], list[np.ndarray]] = {}
    for result in results:
        if result.validity == "valid" and ENERGY_SCORE in result.pair_scores:
            values = np.array(result.pair_scores[ENERGY_SCORE]["all"], float)  # None becomes NaN
            scores.setdefault((result.method, result.budget), []).append(values)
    means = {key: np.mean(each, axis=0) for key, each in scores.items()}
    ranked = sorted(means, key=lambda key: (np.isnan(means[key].mean()), means[key].mean()))
    return [
        Standing(
            *key,
            len(scores[key]),
            float(means[key].mean()),
            *paired_difference(means[key], means[ranked[0]]),
        )
        for key in ranked
    ]
