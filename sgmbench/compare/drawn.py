"""Drawn: how often comparisons of equal code alarm, in many that are drawn from the noise of a few runs.

Of errors a comparison takes 2 R of all measured replicates at random, R as the old run and R as the new one, each with
all its rows, so that what depends on what is kept. Values are around their mean and are stretched to their unbiased
variance. Of times it takes rounds at random, with either sign at random: under equal code a round is as likely as its
opposite. These are looked at as `looks` says, until each is decided. What no round or replicate has shown is not drawn
either: a rate of zero of few rounds is no promise, that is what `family` is for.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.compare.family import ACCURACY_LEVEL, TIME_LEVEL, adjusted_p
from sgmbench.compare.judge import Estimate, judge, judge_rounds, judge_squares
from sgmbench.compare.looks import looks
from sgmbench.compare.margins import Margins, label_of
from sgmbench.compare.noise import Noise
from sgmbench.compare.rows import Timing

COMPARISONS = 200


class Alarms(NamedTuple):
    """Comparisons of equal code that alarm, of so many; in time and in errors apart."""

    comparisons: int
    errors: int
    times: int


def drawn_alarms(
    errors: Sequence[Noise], times: Sequence[Noise], margins: Margins, *, primary: str, replicates: int, rounds: int
) -> Alarms:
    """Alarms of comparisons with so many replicates, and so many rounds at most."""
    rng = np.random.default_rng(0)
    families = [[each for each in errors if (label_of(each.error) == primary) is first] for first in (True, False)]
    wrong = [0, 0]
    for _ in range(COMPARISONS):
        wrong[0] += any(_errors_alarm(family, margins, replicates, rng) for family in families if family)
        wrong[1] += bool(times) and _times_alarm(times, margins.time, rounds, rng)
    return Alarms(COMPARISONS, *wrong)


def is_alarmed(family: list[Estimate], level: float) -> bool:
    """Whether any row of a family is a regression."""
    return any(each.place == "beyond" and p <= level for each, p in zip(family, adjusted_p(family), strict=True))


def _errors_alarm(rows: Sequence[Noise], margins: Margins, replicates: int, rng: np.random.Generator) -> bool:
    chosen = rng.permutation(len(rows[0].values))[: 2 * replicates].reshape(2, replicates)
    return is_alarmed([_judged(row, margins.of_error(row.error), *chosen) for row in rows], ACCURACY_LEVEL)


def _judged(row: Noise, margin: float, old: np.ndarray, new: np.ndarray) -> Estimate:
    values = _stretched(row)
    if row.mean is None:
        return judge(values[new] - values[old], margin)
    return judge_squares(row.mean + values[old], row.mean + values[new], margin)


def _times_alarm(rows: Sequence[Noise], margin: float, rounds: int, rng: np.random.Generator) -> bool:
    chosen, signs = rng.integers(len(rows[0].values), size=rounds), rng.choice((-1.0, 1.0), size=rounds)
    logs = [signs * _stretched(row)[chosen] for row in rows]
    for look in looks(rounds):
        timing = Timing(share=look.share)
        family = [judge_rounds(each[: look.rounds], margin, confidence=timing.confidence) for each in logs]
        if is_alarmed(family, TIME_LEVEL * look.share):
            return True
        if all(each.place == "within" for each in family):
            return False
    return False


def _stretched(row: Noise) -> Float[np.ndarray, " n"]:
    return row.values * np.sqrt(len(row.values) / row.freedom)
