"""Contests in sentences: who is best by the primary metric, whether that is sure, and by how much over each other."""

from collections.abc import Sequence

from sgmbench.report.contest import SURE, Claim, Contest, Duel
from sgmbench.report.format import count, several, short

TESTS = {"t": "Student's t", "sign flips": "sign flips"}
LARGEST_RATIO = 1_000  # written out, and the inverse of the smallest


def contest_sentences(claims: Sequence[Claim]) -> list[str]:
    """A paragraph for each claim; experiments are named where there are several."""
    is_named = len({claim.experiment for claim in claims}) > 1
    return [_paragraph(claim, is_named=is_named) for claim in claims]


def claim_sentences(claims: Sequence[Claim]) -> list[str]:
    """For each claim of several experiments who is best and whether that is sure, without the ratios."""
    return [f"{c.experiment}, {c.contest.target}: {_over(c.contest)}, {_verdict(c)}" for c in claims]


def _paragraph(claim: Claim, *, is_named: bool) -> str:
    contest = claim.contest
    where = f"{claim.experiment}, {contest.target}" if is_named else contest.target.capitalize()
    return f"{where}: {_over(contest)}, {_verdict(claim)} {_ratios(contest)}"


def _over(contest: Contest) -> str:
    """At one budget, which a Generator spends once and a Sampler at each condition."""
    each = ", a sampler's at each condition" if contest.conditions > 1 else ""
    return f"by {contest.metric} at {count(contest.budget)} runs{each}, paired over {contest.replicates} replicates"


def _verdict(claim: Claim) -> str:
    contest = claim.contest
    tested = f"p = {_p(contest.p)} by {TESTS[contest.test]}"
    if claim.family > 1:
        tested += f", {_p(claim.p)} after Holm over {claim.family} claims"
    if claim.is_sure:
        others = len(contest.duels)
        them = contest.duels[0].rival if others == 1 else f"each of {others} others"
        return f"{contest.winner} is better than {them} ({tested})."
    near = [duel.rival for duel in contest.duels if duel.p > SURE] or [contest.least_sure.rival]
    return f"{contest.winner} has the least error and is not told apart from {several(near)} ({tested})."


def _ratios(contest: Contest) -> str:
    """By how much; each p of several methods is exploratory."""
    if len(contest.duels) == 1:
        (duel,) = contest.duels
        return f"Its error over that of {duel.rival}: {_ratio(duel)}."
    return f"Its error over theirs, exploratory: {'; '.join(_duel(duel) for duel in contest.duels)}."


def _duel(duel: Duel) -> str:
    return f"{duel.rival} {_ratio(duel)}, p = {_p(duel.p)}"


def _ratio(duel: Duel) -> str:
    return f"{_factor(duel.ratio)} ({_factor(duel.low)} to {_factor(duel.high)})"


def _factor(value: float) -> str:
    if value > LARGEST_RATIO:
        return f"over {LARGEST_RATIO:,}"
    return f"under {short(1 / LARGEST_RATIO)}" if value < 1 / LARGEST_RATIO else short(value)


def _p(value: float) -> str:
    """Three decimals of a small one; none is zero."""
    return "under .001" if value < 0.001 else short(value)
