"""The table of a series, a row for each problem, target and budget, and the sentences below it."""

from collections.abc import Iterator
from itertools import groupby

from rich.table import Table

from sgmbench.report.answer import nothing_to_ask
from sgmbench.report.contest import family
from sgmbench.report.contest_words import claim_sentences
from sgmbench.report.format import count, seconds, several
from sgmbench.report.frame import framed
from sgmbench.report.gradients import gradient_notes
from sgmbench.report.series import Member, Rank, Verdict, ranks_of, verdicts_of
from sgmbench.report.summary import TargetSummary
from sgmbench.report.terminal import bounded
from sgmbench.statistics.equivalent_runs import EquivalentRuns

HEADER = ("problem", "target", "runs", "best by energy", "N_eq", "monte_carlo", "cheapest, by cost a run")
MOST = 4  # labels of methods that share a place
CAPTION = (
    "Best by energy: the method with the least error (field L2), a sampler with so many runs at each condition, a "
    "generator from so many training runs, and those not told from it, paired by replicate at 95 %; each row by "
    "itself, which is exploratory: what is claimed stands below, after Holm. N_eq: equivalent runs of the first, at "
    "the median condition, with a 95 % t-interval over replicates. monte_carlo: its worth, and its place among all "
    "methods by their errors. Cheapest: who reaches the tolerance at least cost, a generator with its training runs; "
    "each is judged by itself at 95 %, and that of so many one may seem sure by chance is not allowed for."
)


def rows_of(members: list[Member]) -> Iterator[tuple[str, ...]]:
    """The cells of the table below `HEADER`; verdicts stand beside the first budget of their target, a line each."""
    for member in members:
        for target, ranks in groupby(ranks_of(member), key=lambda rank: rank.target):
            cheapest = [line for each in verdicts_of(member) if each.target == target for line in _lines(each)]
            for i, rank in enumerate(ranks):
                yield (member.label, target, count(rank.budget), *_by_energy(rank), "" if i else "\n".join(cheapest))


def _by_energy(rank: Rank) -> tuple[str, str, str]:
    """The best, what it is worth, and Monte Carlo's worth and place."""
    own = f"{bounded(rank.monte_carlo)}, {rank.place} of {rank.among}" if rank.monte_carlo else "-"
    return "\n".join(_shortened(rank.best)) or "-", _worth(rank.worth) if rank.worth else "-", own


def _shortened(best: tuple[str, ...]) -> list[str]:
    """The labels, a few of many."""
    return list(best) if len(best) <= MOST else [*best[: MOST - 1], f"{len(best) - MOST + 1} more"]


def _worth(runs: EquivalentRuns) -> str:
    """1,340 (900-2,000); a lower bound as >N."""
    if runs.low is None or runs.high is None:
        return bounded(runs)
    return f"{bounded(runs)} ({count(runs.low)}-{count(runs.high)})"


def _lines(verdict: Verdict) -> list[str]:
    """1 s: monte_carlo, Q = 1 and 10; and 1 s: diffusion (1,600 runs), Q = 100."""
    if not verdict.winners:
        return [verdict.refusal or f"{seconds(verdict.cost_per_run)}: none reaches it"]
    return [f"{seconds(verdict.cost_per_run)}: {who}{_at(verdict, Q)}" for who, Q in verdict.winners.items()]


def _clause(verdict: Verdict) -> str:
    """At 1 s a run the cheapest is monte_carlo at Q = 1 and diffusion (1,600 runs) at Q = 100."""
    if not verdict.winners:
        return f"at {verdict.cost_words} no method reaches it"
    said = several([f"{who}{_at(verdict, Q)}" for who, Q in verdict.winners.items()])
    return f"at {verdict.cost_words} the cheapest is {said}"


def _at(verdict: Verdict, Q: list[int]) -> str:
    """Nothing of one law."""
    return f" at Q = {several(list(map(str, Q)))}" if verdict.of_queries else ""


def series_table(members: list[Member]) -> Table:
    """Who wins on each problem."""
    table = framed("Who wins", CAPTION)
    for name in HEADER:
        if name != "target":
            table.add_column(name, justify="right" if name in ("runs", "N_eq") else "left", no_wrap=True)
    shown = ""
    for problem, target, *cells in rows_of(members):
        where = f"{problem}\n{target}"
        table.add_row("" if where == shown else where, *cells)
        shown = where
    return table


def series_sentences(members: list[Member]) -> list[str]:
    """One for each problem and target, where plain Monte Carlo is cheapest, who is surely best, what was left out."""
    said = [_sentence(member, target) for member in members for target in member.summary.targets]
    claims = family(member.summary for member in members)
    priced = [f"{m.label}, {t.name}: {note}." for m in members for t in m.summary.targets for note in gradient_notes(t)]
    return [*said, *priced, *_where_monte_carlo_wins(members), *claim_sentences(claims), *left_out_lines(members)]


def left_out_lines(members: list[Member]) -> list[str]:
    """What each problem leaves out, and why."""
    return [
        f"{member.label} leaves out {method}: {why}." for member in members for method, why in member.left_out.items()
    ]


def _sentence(member: Member, target: TargetSummary) -> str:
    head = f"{member.label}, {target.name}:"
    if said := nothing_to_ask(target):
        return f"{head} {said}"
    asked: dict[str, list[Verdict]] = {}
    for verdict in verdicts_of(member):
        if verdict.target == target.name:
            asked.setdefault(verdict.wanted, []).append(verdict)
    cheapest = [_cheapest(wanted, verdicts) for wanted, verdicts in asked.items()]
    return " ".join([head, *cheapest, _best([rank for rank in ranks_of(member) if rank.target == target.name])])


def _cheapest(wanted: str, verdicts: list[Verdict]) -> str:
    """For the mean of u to 5 % at 20 us a run the cheapest is monte_carlo, at 1 s a run the cheapest is kde."""
    if not wanted:
        return verdicts[0].refusal
    return f"for {wanted}, {', '.join(map(_clause, verdicts))}."


def _best(ranks: list[Rank]) -> str:
    """By energy the best at 100 runs is kde (worth 113); monte_carlo is at place 3 of 12."""
    said = [f"at {count(r.budget)} runs {several(_shortened(r.best))} ({_worth_words(r)})" for r in ranks if r.best]
    if not said:
        return "By energy no method was scored."
    places = [f"{rank.place} of {rank.among}" for rank in ranks if rank.place]
    own = f"; monte_carlo is at place {several(places)}" if places else ""
    return f"By energy the best is {several(said)}{own}."


def _worth_words(rank: Rank) -> str:
    if rank.worth is None:
        return "not measured in runs"
    return f"worth {'at least ' if rank.worth.at_least else ''}{count(rank.worth.value)}"


def _where_monte_carlo_wins(members: list[Member]) -> Iterator[str]:
    """At each cost that is asked: the problems for which no method is cheaper."""
    where: dict[str, list[str]] = {}
    for member in members:
        for verdict in verdicts_of(member):
            if verdict.refusal:
                continue
            cost = "the measured cost" if verdict.cost == "measured" else verdict.cost_words
            won = where.setdefault(cost, [])
            if verdict.monte_carlo:
                won.append(_named(member, verdict))
    for cost, won in where.items():
        which = several(list(dict.fromkeys(won))) if won else "no problem"
        yield f"Plain Monte Carlo is cheapest at {cost} for {which}."


def _named(member: Member, verdict: Verdict) -> str:
    """The problem, its target where there are several, and Q where another method wins at other Q."""
    target = f" ({verdict.target})" if len(member.summary.targets) > 1 else ""
    some = f" at Q = {several(list(map(str, verdict.monte_carlo)))}" if len(verdict.winners) > 1 else ""
    return f"{member.label}{target}{some}"
