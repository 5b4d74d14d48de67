"""The answer in sentences: what the samples are worth, what each ask costs, and where one method overtakes another."""

from sgmbench.report.format import count, percent, several
from sgmbench.report.offers import (
    Ask,
    fields_of,
    is_monte_carlo,
    offers_of,
    quantities_of,
    refusal,
    scored_conditions,
    scored_lines,
    varying_fields,
    wanted_of,
)
from sgmbench.report.overtaking import at_cost, question
from sgmbench.report.pairs import ranking
from sgmbench.report.reach import more_runs, place, reach
from sgmbench.report.summary import ENERGY, Line, Summary, TargetSummary
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.equivalent_runs import EquivalentRuns


def answers(summary: Summary) -> list[str]:
    """For each target a sentence on what its best Generator is worth, then a paragraph for each ask.

    Of methods scored over held-out pairs there is a ranking and no more.
    """
    asks = summary.record["configuration"]["ask"]
    paragraphs = []
    for target in summary.targets:
        if (best := _best_generator(target)) and not _nothing_to_ask(target):
            paragraphs.append(f"{target.name.capitalize()}: {_worth(target, best)}")
        paragraphs += _paragraphs(target, asks, with_more_runs=False)
    return paragraphs + _single_replicate(summary, asks)


def replies(summary: Summary, asks: list[Ask]) -> list[str]:
    """For each target a paragraph for each of other asks, with what more runs would do for what falls short."""
    paragraphs = [said for target in summary.targets for said in _paragraphs(target, asks, with_more_runs=True)]
    return paragraphs + _single_replicate(summary, asks)


def _paragraphs(target: TargetSummary, asks: list[Ask], *, with_more_runs: bool) -> list[str]:
    """One for each ask, or the one that says why there is none."""
    said = [_nothing_to_ask(target)]
    if not said[0]:
        answered = asks if target.lines else []
        said = [refusal(target, ask) or _answer(target, ask, with_more_runs=with_more_runs) for ask in answered]
    return [f"{target.name.capitalize()}: {each}" for each in said]


def _nothing_to_ask(target: TargetSummary) -> str:
    """What stands in place of all answers of a target, "" where it can be asked."""
    if target.failed_because:
        return f"no answer, since {target.failed_because}."
    return ranking(target) if target.pairs else ""


def _best_generator(target: TargetSummary) -> Line | None:
    generators = [line for line in target.lines if line.kind == "generator" and ENERGY in line.equivalent]
    return max(generators, key=lambda line: line.median().value, default=None)


def _worth(target: TargetSummary, line: Line) -> str:
    """Equivalent runs of the best Generator, its median over conditions and its worst, named."""
    who = f"{line.method} from {count(line.budget)} runs is worth"
    if len(target.conditions) == 1:
        times = line.median().value / line.budget
        return f"{who} {_runs(line.median())} runs by energy, {times:.2g} times the runs that it learned from."
    name, worst = line.worst()
    return (
        f"{who} {_runs(line.median())} runs at a condition by energy (median of {len(target.conditions)}; worst "
        f"{_runs(worst)} at {place(target, name)})."
    )


def _answer(target: TargetSummary, ask: Ask, *, with_more_runs: bool) -> str:
    offers, eps = offers_of(target, ask, scored_conditions(target)), ask["tolerance"]
    sentences = [f"for {wanted_words(target, ask)} to {percent(eps)} ({count(_worth_of(target, ask))} runs' worth):"]
    sentences += [at_cost(question(target, ask, cost)) for cost in ask["cost_per_run"]]
    sentences += [*_runs_each(offers, eps), *reach(target, ask, offers), *_unscored(target, ask)]
    return " ".join([*sentences, *(more_runs(target, ask, offers) if with_more_runs else [])])


def wanted_words(target: TargetSummary, ask: Ask) -> str:
    """What is asked: mean and standard deviation of c and phi; quantile 0.975 of c."""
    quantities = quantities_of(ask)
    everywhere = [q.noun for q in quantities if not q.field and q.statistic != "energy"]
    said = [f"{several(everywhere)} of {several(varying_fields(target))}"] if everywhere else []
    said += [q.of(fields_of(target, q)[0]) for q in quantities if q.field]
    return several(said + [q.noun for q in quantities if q.statistic == "energy"])


def _worth_of(target: TargetSummary, ask: Ask) -> float:
    """Independent runs that are as good as asked."""
    wanted = wanted_of(target, ask, scored_conditions(target))
    return max(sum(w.variance.values()) / len(w.variance) for w in wanted) / ask["tolerance"] ** 2


def _runs_each(offers: list[Offer], tolerance: float) -> list[str]:
    """Runs a condition of every Sampler, where there are others than plain Monte Carlo."""
    fewest: dict[str, float] = {}
    for offer in offers:
        if offer.is_sampler and offer.is_feasible(tolerance):
            each = offer.samples_each(tolerance)
            fewest[offer.label] = min(each, fewest.get(offer.label, each))
    if len(fewest) < 2:
        return []
    (first, runs), *others = fewest.items()
    said = [f"{count(runs)} of {first}", *(f"{count(each)} of {label}" for label, each in others)]
    return [f"A condition takes {several(said)}."]


def _unscored(target: TargetSummary, ask: Ask) -> list[str]:
    """Methods that were run and have no score of something that is asked."""
    scored = {line.method for line in scored_lines(target, wanted_of(target, ask, scored_conditions(target)))}
    missing = {line.method for line in target.lines if line.is_usable} - scored
    return [f"Not scored in all that is asked: {several(sorted(missing))}."] if missing else []


def _single_replicate(summary: Summary, asks: list[Ask]) -> list[str]:
    """Said once for the whole run."""
    answered = [
        line
        for target in summary.targets
        if not _nothing_to_ask(target) and any(not refusal(target, ask) for ask in asks)
        for line in target.lines
        if not is_monte_carlo(line) and line.is_usable
    ]
    if not answered or max(line.replicates - line.failed for line in answered) > 1:
        return []
    return ["One replicate: how far another one would move these verdicts is not known; write replicates: 3."]


def _runs(runs: EquivalentRuns) -> str:
    return f"{'at least ' if runs.at_least else ''}{count(runs.value)}"
