"""The answer in sentences: what the samples are worth, what each ask costs, and where one method overtakes another.

No headline is of energy alone: beside it stands the mean or standard deviation of a field that is worth least.
"""

import math

from sgmbench import registry
from sgmbench.report.asking import Question, question
from sgmbench.report.decomposition import decomposition
from sgmbench.report.format import count, percent, several
from sgmbench.report.gradients import gradient_sentences
from sgmbench.report.offers import offers_of
from sgmbench.report.overtaking import at_cost, kind_of, over_cost, reign_of, sees_germ, spent
from sgmbench.report.pairs import ranking
from sgmbench.report.reach import more_runs, place, reach
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.wanted import (
    Ask,
    is_monte_carlo,
    quantities_of,
    refusal,
    scored_conditions,
    scored_lines,
    varying_fields,
    wanted_of,
)
from sgmbench.report.worth import ENERGY
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.equivalent_runs import EquivalentRuns

CHAINS = "mcmc"


def answers(summary: Summary) -> list[str]:
    """For each target a sentence on what its best Generator is worth, then a paragraph for each ask.

    Of methods scored over held-out pairs there is a ranking and no more.
    """
    asks = summary.record["configuration"]["ask"]
    paragraphs = []
    for target in summary.targets:
        if (best := _best_generator(target)) and not nothing_to_ask(target):
            paragraphs.append(f"{target.name.capitalize()}: {_worth(target, best)}")
        paragraphs += _paragraphs(target, asks, in_depth=False)
    return paragraphs + _rivals_left_out(summary, asks) + _single_replicate(summary, asks)


def replies(summary: Summary, asks: list[Ask]) -> list[str]:
    """For each target a paragraph for each of other asks, with what more runs would do for what falls short.

    Beside it stand the cost of a run from which on a Generator overtakes, and for which tolerances the same method is
    cheapest.
    """
    paragraphs = [said for target in summary.targets for said in _paragraphs(target, asks, in_depth=True)]
    return paragraphs + _rivals_left_out(summary, asks) + _single_replicate(summary, asks)


def _paragraphs(target: TargetSummary, asks: list[Ask], *, in_depth: bool) -> list[str]:
    """One for each ask, or the one that says why there is none."""
    said = [nothing_to_ask(target)]
    if not said[0]:
        answered = asks if target.lines else []
        said = [refusal(target, ask) or _answer(target, ask, in_depth=in_depth) for ask in answered]
    return [f"{target.name.capitalize()}: {each}" for each in said]


def nothing_to_ask(target: TargetSummary) -> str:
    """What stands in place of all answers of a target, "" where it can be asked."""
    if target.failed_because:
        return f"no answer, since {target.failed_because}."
    if target.is_nested:
        return decomposition(target)
    return ranking(target) if target.pairs else ""


def _best_generator(target: TargetSummary) -> Line | None:
    generators = [li for li in target.lines if li.kind == "generator" and li.is_usable and ENERGY in li.equivalent]
    return max(generators, key=lambda line: line.median().value, default=None)


def _worth(target: TargetSummary, line: Line) -> str:
    """Equivalent runs of the best Generator, its median over conditions and its worst, named."""
    who = f"{line.method} from {count(line.budget)} runs is worth"
    if len(target.conditions) == 1:
        times = line.median().value / line.budget
        said = f"{who} {_runs(line.median())} runs by energy, {times:.2g} times the runs that it learned from"
    else:
        name, worst = line.worst()
        said = (
            f"{who} {_runs(line.median())} runs at a condition by energy (median of {len(target.conditions)}; worst "
            f"{_runs(worst)} at {place(target, name)})"
        )
    return f"{said}{_worth_by_moment(line)}."


def _worth_by_moment(line: Line) -> str:
    """Of the mean or standard deviation that is worth least, of which field, at the median condition."""
    if (found := line.worst_moment()) is None:
        return ""
    metric, _, field = found[0].partition("/")
    return f", and {_runs(found[1])} by the worst moment, the {metric.replace('_', ' ')} of {field}"


def _answer(target: TargetSummary, ask: Ask, *, in_depth: bool) -> str:
    offers, eps = offers_of(target, ask, scored_conditions(target)), ask["tolerance"]
    sentences = [f"for {wanted_words(target, ask)} to {percent(eps)} ({count(_worth_of(target, ask))} runs' worth):"]
    questions = [question(target, ask, cost) for cost in ask["cost_per_run"]]
    sentences += map(at_cost, questions)
    sentences += [*_runs_each(questions[0]), *gradient_sentences(target, offers, eps)]
    sentences += [*reach(target, ask, offers), *_unscored(target, ask)]
    if in_depth:
        sentences += [
            *filter(None, map(spent, questions)),
            *filter(None, map(over_cost, questions[:1])),
            *filter(None, map(reign_of, questions)),
            *more_runs(target, ask, offers),
        ]
    return " ".join(sentences)


def wanted_words(target: TargetSummary, ask: Ask) -> str:
    """What is asked: mean and sd of c and phi, quantile 0.975 of c and the probability that c exceeds 0.3."""
    quantities = quantities_of(ask)
    everywhere = [q.noun for q in quantities if not q.field and q.statistic != "energy"]
    said = [f"{several(everywhere)} of {several(varying_fields(target))}"] if everywhere else []
    said += [q.noun if q.statistic == "probability" else q.of(q.field) for q in quantities if q.field]
    return several(said + [q.noun for q in quantities if q.statistic == "energy"])


def _worth_of(target: TargetSummary, ask: Ask) -> float:
    """Independent runs that are as good as asked."""
    wanted = wanted_of(target, ask, scored_conditions(target))
    return max(sum(w.variance.values()) / len(w.variance) for w in wanted) / ask["tolerance"] ** 2


def _runs_each(asked: Question) -> list[str]:
    """Runs a condition, or of one law, of every Sampler, where there are others than plain Monte Carlo."""
    best: dict[str, Offer] = {}
    for offer in asked.offers:
        if offer.is_sampler and offer.is_feasible(asked.tolerance):
            rivals = (best.get(offer.label, offer), offer)
            best[offer.label] = min(rivals, key=lambda o: o.samples_each(asked.tolerance))
    if len(best) < 2:
        return []
    what = "The law" if asked.is_one_law else "A condition"
    return [f"{what} takes {several([_runs_of(offer, asked.tolerance) for offer in best.values()])}."]


def _runs_of(offer: Offer, tolerance: float) -> str:
    """As many as are surely enough, and how many are expected to be, or that fewer were never tried."""
    runs, expected = offer.samples_each(tolerance), offer.samples_expected(tolerance)
    said = f"{count(runs)} of {offer.label}"
    if runs == offer.fewest > 2:
        return f"{said} (fewer were not tried)"
    return said if count(expected) == count(runs) else f"{said} (to be sure; {count(expected)} are expected)"


def _unscored(target: TargetSummary, ask: Ask) -> list[str]:
    """Methods that were run and have no score of something that is asked."""
    scored = {line.method for line in scored_lines(target, wanted_of(target, ask, scored_conditions(target)))}
    missing = {line.method for line in target.lines if line.is_usable} - scored
    return [f"Not scored in all that is asked: {several(sorted(missing))}."] if missing else []


def _rivals_left_out(summary: Summary, asks: list[Ask]) -> list[str]:
    """Said where Generators meet no chains, or none that uses a germ that is known: weak rivals make strong claims."""
    asked = [
        target
        for target in summary.targets
        if not nothing_to_ask(target) and any(not refusal(target, ask) for ask in asks)
    ]
    of_posterior = [line for target in asked if target.name == "posterior" for line in target.lines]
    return _chains_left_out(of_posterior) + _germ_left_out(
        summary,
        [
            line
            for target in asked
            if target.name in ("marginal", "conditional") and not math.isnan(target.seconds_a_run)
            for line in target.lines
        ],
    )


def _chains_left_out(lines: list[Line]) -> list[str]:
    """Of a posterior: whether there is a likelihood is not recorded, so that it stays a condition."""
    kinds = {kind_of(line) for line in lines}
    if CHAINS in kinds or not any(line.kind == "generator" for line in lines):
        return []
    return [f"No chains were run: where the problem has a likelihood, {CHAINS} is the rival to beat."]


def _germ_left_out(summary: Summary, lines: list[Line]) -> list[str]:
    """Of outputs that a solver makes."""
    configuration = summary.record["configuration"]
    if configuration.get("hide_germ", False) or not any(li.kind == "generator" for li in lines):
        return []
    if any(map(_may_see_germ, lines)):
        return []
    is_held_out = (configuration.get("reference") or {}).get("held_out") is not None  # and no Sampler is run then
    rivals = "polynomial_chaos and network" if is_held_out else "quasi_monte_carlo, control_variate and network"
    said = f"No method was run that uses the germ. If it is known, {rivals} are the rivals to beat"
    return [f"{said}; if not, write hide_germ: true."]


def _may_see_germ(line: Line) -> bool:
    """A user's own method is taken to."""
    return sees_germ(kind_of(line)) or not registry.is_registered("methods", kind_of(line))


def _single_replicate(summary: Summary, asks: list[Ask]) -> list[str]:
    """Said once for the whole run."""
    answered = [
        line
        for target in summary.targets
        if not nothing_to_ask(target) and any(not refusal(target, ask) for ask in asks)
        for line in target.lines
        if not is_monte_carlo(line) and line.is_usable
    ]
    if not answered or max(line.replicates - line.failed for line in answered) > 1:
        return []
    return ["One replicate: how far another one would move these verdicts is not known; write replicates: 3."]


def _runs(runs: EquivalentRuns) -> str:
    return f"{'at least ' if runs.at_least else ''}{count(runs.value)}"
