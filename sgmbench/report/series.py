"""Series: who wins where, over the problems of a series.

Two questions have two winners. Who is **cheapest** for what is asked, at each cost a run and number of conditions, is
the verdict; who is **best** by energy distance (field L2) at each budget, with the least error over conditions and
replicates, explains it. Plain Monte Carlo has its place in both: it may win, and its place among all methods is told. A
Sampler spends the budget at each condition, a Generator once. The first place is shared with all that are not told from
the first, paired by replicate (`contest`). Of a single replicate, where nothing is paired, who is worth the most runs
at the median condition is first, together with all that are worth the same.

Such places are exploratory. That the best is better than the next is said in one family over all problems, after Holm,
by `contest` alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from sgmbench.report.answer import nothing_to_ask, wanted_words
from sgmbench.report.asking import Question, question
from sgmbench.report.contest import SURE, settle
from sgmbench.report.contest_errors import contest_errors
from sgmbench.report.format import count, percent
from sgmbench.report.overtaking import cost_words
from sgmbench.report.summary import Summary, TargetSummary
from sgmbench.report.wanted import Ask, is_monte_carlo, refusal
from sgmbench.report.worth import ENERGY
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.equivalent_runs import EquivalentRuns


@dataclass(frozen=True)
class Member:
    """One problem of a series, as it came out; why methods were left out, by label."""

    label: str
    summary: Summary
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rank:
    """The methods by energy at one budget for one target of a problem.

    Attributes:
        best: labels of the best method and of those that share its place; none where none was scored.
        worth: equivalent runs of the first of them.
        monte_carlo: those of plain Monte Carlo at this budget.
        place: of plain Monte Carlo, 1 where nothing is better; 0 where it was not scored at this budget.
        among: how many methods were scored.
    """

    problem: str
    target: str
    budget: int
    best: tuple[str, ...] = ()
    worth: EquivalentRuns | None = None
    monte_carlo: EquivalentRuns | None = None
    place: int = 0
    among: int = 0


@dataclass(frozen=True)
class Verdict:
    """Who is cheapest for one ask at one cost a run.

    Attributes:
        wanted: what is asked, in words.
        cost: of a run, "measured" or its seconds.
        cost_per_run: in core-seconds.
        cost_words: in words.
        winners: the numbers of conditions Q by the name of the cheapest method; empty where none reaches the tolerance.
        monte_carlo: the Q at which it is plain Monte Carlo.
        of_queries: whether Q matters: one law is asked for once.
        refusal: why there is no answer.
    """

    problem: str
    target: str
    wanted: str
    cost: str | float = ""
    cost_per_run: float = math.nan
    cost_words: str = ""
    winners: dict[str, list[int]] = field(default_factory=dict)
    monte_carlo: list[int] = field(default_factory=list)
    of_queries: bool = False
    refusal: str = ""


def ranks_of(member: Member) -> list[Rank]:
    """One for each target and each budget that all methods share."""
    budgets = member.summary.record["configuration"]["budgets"]
    return [_rank(member, target, budget) for target in member.summary.targets for budget in budgets]


def _rank(member: Member, target: TargetSummary, budget: int) -> Rank:
    place = (member.label, target.name, budget)
    if target.pairs:
        standing = [each for each in target.standings if each.budget == budget]
        return Rank(*place, best=tuple(each.method for each in standing[:1]), among=len(standing))
    lines = [li for li in target.lines if li.budget == budget and li.is_usable and ENERGY in li.equivalent]
    worth = {li.method: li.median() for li in lines if li.median().value == li.median().value}
    if not worth:
        return Rank(*place)
    plain = next((li.method for li in lines if is_monte_carlo(li) and li.method in worth), "")
    errors = contest_errors(member.summary, target, budget, ENERGY)
    paired = {method: each for method, each in errors.items() if method in worth}
    if len(paired) > 1 and min(map(len, paired.values())) > 1:
        contest = settle(paired, target=target.name, budget=budget, metric=ENERGY)
        order = [contest.winner, *(duel.rival for duel in contest.duels)]
        best = (contest.winner, *(duel.rival for duel in contest.duels if duel.p > SURE))
        ahead = order.index(plain) if plain in order else None
    else:
        order = sorted(worth, key=lambda method: -worth[method].value)
        best = tuple(method for method in worth if worth[method].value == worth[order[0]].value)
        ahead = sum(runs.value > worth[plain].value for runs in worth.values()) if plain else None
    behind = 0 if ahead is None else 1 + ahead
    return Rank(*place, best, worth[best[0]], worth.get(plain), behind, len(order))


def verdicts_of(member: Member) -> list[Verdict]:
    """One for each target, ask and known cost a run; none of a target that cannot be asked."""
    asks = member.summary.record["configuration"]["ask"]
    targets = [each for each in member.summary.targets if each.lines and not nothing_to_ask(each)]
    return [verdict for target in targets for ask in asks for verdict in _verdicts(member.label, target, ask)]


def _verdicts(problem: str, target: TargetSummary, ask: Ask) -> Iterator[Verdict]:
    if why := refusal(target, ask):
        yield Verdict(problem, target.name, "", refusal=why)
        return
    wanted = f"{wanted_words(target, ask)} to {percent(ask['tolerance'])}"
    questions = [question(target, ask, cost) for cost in ask["cost_per_run"]]
    yield from (_verdict(problem, wanted, asked) for asked in questions if not math.isnan(asked.c))


def _verdict(problem: str, wanted: str, asked: Question) -> Verdict:
    plain = {line.method for line in asked.target.lines if is_monte_carlo(line)}
    winners: dict[str, list[int]] = {}
    monte_carlo = []
    for Q in asked.queries:
        if best := asked.cheapest(Q):
            winners.setdefault(_short(best), []).append(Q)
            monte_carlo += [Q] * (best.label in plain)
    costs = (asked.cost, asked.cost_per_run, cost_words(asked))
    return Verdict(problem, asked.target.name, wanted, *costs, winners, monte_carlo, not asked.is_one_law)


def _short(offer: Offer) -> str:
    """A Sampler by its label, a Generator with its training runs."""
    return offer.label if offer.is_sampler else f"{offer.label} ({count(offer.budget)} runs)"
