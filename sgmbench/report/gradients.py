"""What a gradient was taken to count as, in words, wherever a method that needs one stands beside others.

    price of a run = 1 + (g - 1) gradients / solver runs                (`core.cost`, `Line.price`)

Tables and ranks compare at equal numbers of solver runs, an ask at equal cost: of chains these are two things, and both
are said.
"""

from sgmbench.core.cost import USUAL_GRADIENT
from sgmbench.report.format import count, several
from sgmbench.report.offers import line_of
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.statistics.crossover import Offer


def gradient_sentences(target: TargetSummary, offers: list[Offer], tolerance: float) -> list[str]:
    """For each method whose runs are differentiated what a gradient counts as, and what the tolerance takes so."""
    labels = dict.fromkeys(offer.label for offer in offers if line_of(target, offer).gradients)
    return [_sentence(target, [o for o in offers if o.label == label], tolerance) for label in labels]


def _sentence(target: TargetSummary, offers: list[Offer], tolerance: float) -> str:
    best = min(offers, key=lambda offer: offer.samples_each(tolerance) * offer.price)
    counts = counts_as(line_of(target, best))
    if not best.is_feasible(tolerance):
        return f"A gradient of {best.label} counts as {counts}."
    runs = best.samples_each(tolerance)
    of = f"{count(runs)} runs of {best.label} at a condition"
    return f"A gradient counts as {counts}: the {of} cost as much as {count(runs * best.price)}."


def gradient_notes(target: TargetSummary) -> list[str]:
    """For each such method the same of the runs that it made at a condition."""
    lines = sorted((line for line in target.lines if line.gradients), key=lambda line: line.budget)
    return [_note([li for li in lines if li.method == label]) for label in dict.fromkeys(li.method for li in lines)]


def _note(lines: list[Line]) -> str:
    made = several([count(_at_a_condition(line, line.solver_runs)) for line in lines])
    cost = several([count(_at_a_condition(line, line.forward_runs)) for line in lines])
    return (
        f"a gradient counts as {counts_as(lines[0])}: the {made} runs of {lines[0].method} at a condition cost as much "
        f"as {cost}"
    )


def _at_a_condition(line: Line, runs: float) -> float:
    return runs / len(line.samples_each)


def counts_as(line: Line) -> str:
    """4.3 runs, measured."""
    if line.runs_a_gradient is None:
        return f"{USUAL_GRADIENT:g} runs, the usual price, since it was not measured"
    return f"{line.runs_a_gradient:.2g} runs, measured"
