"""Proposal: margins with which a comparison finds a loss of 30 %, given the noise of equal code.

False alarms are held by `family` whatever the margin is. What a margin decides is what is found: the larger it is, the
less is a loss beyond it. So the margin of a metric, and that of time, is the largest in whole percents, not above the
one that the configuration has, with which each row that can tell finds a loss of 30 % in 90 % of comparisons with R
replicates, or N rounds (`reach`). A row cannot tell where even a margin of 5 % hides the loss. Of all rows it is said
how many replicates would do with the margin as it is.

A small margin has its price: equal code is then seldom shown to be within it, and stays inconclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import yaml

from sgmbench.compare.decision import MOST
from sgmbench.compare.drawn import Alarms, drawn_alarms
from sgmbench.compare.family import ACCURACY_LEVEL, TIME_LEVEL
from sgmbench.compare.looks import ROUNDS, looks
from sgmbench.compare.margins import TIME, Margins, label_of
from sgmbench.compare.noise import Noise
from sgmbench.compare.reach import Reach
from sgmbench.compare.rows import Timing
from sgmbench.statistics.intervals import LEVEL
from sgmbench.statistics.moderated_variances import moderated_variances

LOSS, POWER = 1.3, 0.9
PERCENTS = np.arange(5, 30) / 100
"""Margins that are tried, below the loss."""


@dataclass(frozen=True)
class Proposal:
    """Of the errors of a metric, or of time.

    Attributes:
        label: of the metric, or "time".
        rows: methods, budgets and parts.
        noisiest: row that varies most.
        spread: standard deviation of its log ratio, one pair.
        margin: as the configuration has it.
        proposed: in its place; None where no margin finds the loss in any row.
        telling: rows in which the proposed margin finds the loss.
        passes: how often equal code is shown to be within it, in the noisiest of these.
        pairs: replicates, or rounds, that find the loss in every row with the margin as it is; None beyond a thousand.
    """

    label: str
    rows: int
    noisiest: str
    spread: float
    margin: float
    proposed: float | None
    telling: int
    passes: float
    pairs: int | None


@dataclass(frozen=True)
class MarginStudy:
    """What A/A runs have told.

    Attributes:
        experiment: name.
        replicates: R.
        rounds: in which equal code took turns.
        most: N, rounds of a comparison of times at most.
        proposals: for each metric whose errors vary, and for time where any is long enough.
        alarms: of comparisons that were drawn from these runs, with the margins that are proposed.
        yaml: what the configuration would say.
    """

    experiment: str
    replicates: int
    rounds: int
    most: int
    proposals: tuple[Proposal, ...]
    alarms: Alarms
    yaml: str


def propose_margins(
    errors: Sequence[Noise],
    times: Sequence[Noise],
    margins: Margins,
    *,
    primary: str,
    replicates: int,
    rounds: int,
    experiment: str = "",
) -> MarginStudy:
    """From the noise of both.

    Args:
        errors: of each row of errors.
        times: of each row of seconds.
        margins: as the configuration has them.
        primary: label of the metric whose rows are a family of their own.
        replicates: R.
        rounds: in which the noise was measured.
        experiment: name.
    """
    found = []
    for is_primary in (True, False):
        family = [each for each in errors if (label_of(each.error) == primary) is is_primary]
        reaches = reaches_of(family, confidence=LEVEL, level=ACCURACY_LEVEL)
        for label in dict.fromkeys(label_of(each.error) for each in family):
            own = [i for i, each in enumerate(family) if label_of(each.error) == label]
            chosen = [family[i] for i in own], [reaches[i] for i in own]
            found.append(propose(label, *chosen, margin=margins.of_error(label), pairs=replicates))
    if times:
        timing = Timing(share=looks(ROUNDS)[-1].share)
        reaches = reaches_of(times, confidence=timing.confidence, level=TIME_LEVEL * timing.share)
        found.append(propose(TIME, list(times), reaches, margin=margins.time, pairs=ROUNDS))
    proposed = _with(margins, found)
    alarms = drawn_alarms(errors, times, proposed, primary=primary, replicates=replicates, rounds=ROUNDS)
    return MarginStudy(experiment, replicates, rounds, ROUNDS, tuple(found), alarms, as_yaml(proposed))


def reaches_of(family: Sequence[Noise], *, confidence: float, level: float) -> list[Reach]:
    """What each row of a family can tell; of a time x is a log ratio, of an error half of one."""
    logs = [each for each in family if each.mean is None]
    borrowed = 0.0
    if len(logs) > 1:
        own = np.array([each.freedom for each in logs], float)
        moderated = moderated_variances(np.array([each.spread**2 for each in logs]), own)
        borrowed = float(np.max(moderated.freedom - own))
    return [
        Reach(
            each.spread * (1.0 if each.is_time else float(np.sqrt(2))),
            is_log=each.mean is None,
            confidence=confidence,
            level=level / len(family),
            borrowed=borrowed if each.mean is None else 0.0,
        )
        for each in family
    ]


def propose(label: str, rows: Sequence[Noise], reaches: Sequence[Reach], *, margin: float, pairs: int) -> Proposal:
    """The margin of one metric, or of time."""
    tried = np.append(PERCENTS[margin > PERCENTS], margin) if margin < LOSS - 1 else PERCENTS
    finds = np.array([reach.found(LOSS, margin=tried, pairs=pairs) >= POWER for reach in reaches])
    telling = finds[:, 0]
    proposed = float(tried[np.flatnonzero(finds[telling].all(axis=0))[-1]]) if telling.any() else None
    used = margin if proposed is None else proposed
    passes = [reach.passes(margin=used, pairs=pairs) for i, reach in enumerate(reaches) if telling[i]]
    needed = [pairs_needed(reach, margin=margin) for reach in reaches]
    i = int(np.argmax([reach.spread for reach in reaches]))
    return Proposal(
        label,
        rows=len(rows),
        noisiest=rows[i].name,
        spread=reaches[i].spread,
        margin=margin,
        proposed=proposed,
        telling=int(telling.sum()),
        passes=min(passes, default=0.0),
        pairs=None if None in needed else max(n for n in needed if n is not None),
    )


def pairs_needed(reach: Reach, *, margin: float) -> int | None:
    """The fewest pairs that find the loss with a margin; None beyond a thousand, or where it hides the loss."""
    low, high = 1, MOST
    if not reach.found(LOSS, margin=margin, pairs=high) >= POWER:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reach.found(LOSS, margin=margin, pairs=middle) >= POWER else (middle, high)
    return high


def as_yaml(margins: Margins) -> str:
    """The section of a configuration."""
    said = {"accuracy": margins.accuracy, "time": margins.time, "margins": dict(margins.of_metric)}
    return yaml.safe_dump({"compare": {k: v for k, v in said.items() if v != {}}}, sort_keys=False)


def _with(margins: Margins, found: Sequence[Proposal]) -> Margins:
    """Where anything is proposed that differs."""
    new = {each.label: each.proposed for each in found if each.proposed is not None and each.proposed != each.margin}
    time = new.pop(TIME, margins.time)
    return replace(margins, time=time, of_metric=dict(margins.of_metric) | new)
