"""Contests: at one budget, which method has the least error by the primary metric, and could that be chance?

The metric is declared in the configuration (`primary`, energy by default) before anything is run. Methods of one
replicate share their training runs, so they are paired by replicate. With A_c and B_c the expected errors of two
methods at condition c (`contest_errors`),

    ratio = exp( mean over c of log A_c / B_c ),

which at a single condition is the inverse ratio of their equivalent runs. Its 95 % interval is Student's, of the paired
differences of jackknife pseudo-values (`statistics.jackknife`); p, two-sided, is of

    t            these differences, up to 5 replicates, of which no test by signs can reach .05, and above 16;
    sign flips   from 6 on: the share of the 2^R exchanges of the two methods within replicates for which the mean of
                 d_r = mean over c of (a_rc - b_rc) / (A_c + B_c), A and B now means over replicates, is as far from
                 zero. An exchange turns the sign of d_r and leaves A_c + B_c as it is, so where the two methods are
                 equal the test is exact, however skew their errors.

The claim of a contest is that the first method is better than each of the others: its p is the largest of theirs, for
all of these hypotheses must be rejected together. The first is chosen by the data that test it. A two-sided p allows
for that: of k methods the case of most false claims is that two are equal and the others far behind.

One claim a target, at its largest budget, is primary: these make a family, over all problems that are read together,
where Holm's correction keeps the probability of any false claim at 5 %. By sign flips R replicates allow one of m
claims only where 2 / 2^R <= .05 / m. All else is exploratory: smaller budgets, other metrics, the single p of a contest
of several methods.

A Sampler's budget is spent at each condition, a Generator's once.

Source: R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24 (1982) 295-300, on
hypotheses that must all be rejected; S. Gutmann, Z. Maymin, "Is the selected population the best?", Ann. Stat. 15
(1987) 456-461, and K. Hung, W. Fithian, "Rank verification for exponential families", Ann. Stat. 47 (2019) 758-782, on
two-sided tests of the one that the data choose.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from sgmbench.core.experiment import Experiment
from sgmbench.report.contest_errors import Errors, contest_errors
from sgmbench.report.summary import Summary
from sgmbench.statistics.holm import holm
from sgmbench.statistics.intervals import LEVEL
from sgmbench.statistics.jackknife import log_pseudo_values
from sgmbench.statistics.paired import MOST_FLIPPED, paired_ratio, sign_flip_p

SURE = 1 - LEVEL
FEWEST_FLIPPED = 6  # replicates: 2 / 2^5 is above .05


@dataclass(frozen=True)
class Duel:
    """The first method against one other: its error over the other's with an interval, and the p of a ratio of 1."""

    rival: str
    ratio: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Contest:
    """All methods of a target at one budget.

    Attributes:
        target: its name.
        budget: solver runs.
        metric: label of the primary metric.
        replicates: pairs behind each duel, two at least.
        conditions: over how many errors are compared.
        winner: label of the method with the least error.
        duels: it against each other one, the nearest first.
        test: what the p are of.
    """

    target: str
    budget: int
    metric: str
    replicates: int
    conditions: int
    winner: str
    duels: list[Duel]
    test: Literal["t", "sign flips"]

    @property
    def least_sure(self) -> Duel:
        """The duel that decides."""
        return max(self.duels, key=lambda duel: duel.p)

    @property
    def p(self) -> float:
        """Of the claim that the first is better than each other one."""
        return self.least_sure.p


@dataclass(frozen=True)
class Claim:
    """The primary contest of a target of an experiment; `p` is Holm's among `family` claims."""

    experiment: str
    contest: Contest
    p: float
    family: int

    @property
    def is_sure(self) -> bool:
        """Whether the first method may be called the best."""
        return self.p <= SURE


def family(summaries: Iterable[Summary]) -> list[Claim]:
    """The primary claims of some runs: one for each target that has a contest, at its largest budget."""
    primary: list[tuple[str, Contest]] = []
    for summary in summaries:
        ascending = sorted(contests(summary), key=lambda contest: contest.budget)
        largest = {contest.target: contest for contest in ascending}
        names = [target.name for target in summary.targets if target.name in largest]
        primary += [(summary.record["configuration"]["name"], largest[name]) for name in names]
    adjusted = holm(np.array([contest.p for _, contest in primary], float))
    return [Claim(*each, float(p), len(primary)) for each, p in zip(primary, adjusted, strict=True)]


def contests(summary: Summary) -> list[Contest]:
    """One for each target and budget at which two methods or more were scored in the same replicates, two or more."""
    metric = summary.record["configuration"].get("primary", Experiment.primary)
    found = []
    for target in summary.targets:
        for budget in dict.fromkeys(line.budget for line in target.lines):
            errors = contest_errors(summary, target, budget, metric)
            if len(errors) > 1 and min(map(len, errors.values())) > 1:
                found.append(settle(errors, target=target.name, budget=budget, metric=metric))
    return found


def settle(errors: dict[str, Errors], *, target: str, budget: int, metric: str) -> Contest:
    """The contest of two methods or more, from positive errors of the same replicates and conditions."""
    logs = {method: log_pseudo_values(each) for method, each in errors.items()}
    winner, *rivals = sorted(logs, key=lambda method: logs[method].mean())
    replicates, conditions = errors[winner].shape
    is_flipped = FEWEST_FLIPPED <= replicates <= MOST_FLIPPED
    duels = []
    for rival in rivals:
        ratio = paired_ratio(np.exp(logs[winner]), np.exp(logs[rival]))
        p = sign_flip_p(_differences(errors[winner], errors[rival])) if is_flipped else ratio.p
        duels.append(Duel(rival, ratio.value, ratio.low, ratio.high, p))
    test = "sign flips" if is_flipped else "t"
    return Contest(target, budget, metric, replicates, conditions, winner, duels, test)


def _differences(a: Errors, b: Errors) -> Float[np.ndarray, " replicates"]:
    """d of each replicate."""
    return np.mean((a - b) / (a.mean(axis=0) + b.mean(axis=0)), axis=1)
