"""Reach: how far each Generator comes at its best budget, and what more runs would do for one that falls short.

The error that no number of samples undercuts is the root of its squared bias, or what the references tell from none
where that is larger. A Generator reaches a tolerance where the interval of that error over replicates ends below it; of
one that is only expected to is said how many replicates would tell. How the error falls with the training runs is
fitted over a method's budgets, quantity by quantity (`statistics.learning_curve`).
"""

import math

from sgmbench.core.findings import CLAIMED
from sgmbench.report.format import count, percent, several
from sgmbench.report.offers import line_of, offer_of, replicates_to_tell, spread_of, squares_of
from sgmbench.report.overtaking import name_of, reach_of
from sgmbench.report.summary import TargetSummary
from sgmbench.report.wanted import Ask, Wanted, scored_conditions, scored_lines, wanted_of
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.learning_curve import (
    REACH,
    LearningCurve,
    fit_learning_curve,
    interval_of_runs,
    is_extrapolated,
    width_of_runs,
)

FEW = 8
ENOUGH = 20
HOPELESS = 1_000
WIDEST = 10_000  # ratio of an interval's ends that still tells anything
SMALLER = 4  # the budget to add is so many times smaller: what it teaches about the slope costs little


def reach(target: TargetSummary, ask: Ask, offers: list[Offer]) -> list[str]:
    """A sentence for each Generator that reaches the tolerance, and one for all that do not, or are not seen to."""
    eps = ask["tolerance"]
    best = [_best(group, eps) for group in by_label(offers).values()]
    sentences = [_share(target, ask, offer) for offer in best if offer.is_feasible(eps)]
    missed = [offer for offer in best if not offer.is_feasible(eps)]
    unseen = [o for o in missed if o.expected_tolerance >= eps and not o.is_seen(o.worst_quantity)]
    never = [offer for offer in missed if offer not in unseen and offer.hopeless_tolerance >= eps]
    if doubtful := [_doubtful(target, ask, offer) for offer in missed if offer not in [*never, *unseen]]:
        sentences.append(f"Not surely: {several(doubtful)}.")
    if never:
        sentences.append(f"Never, whatever the number of samples: {several([_missed(each) for each in never])}.")
    if unseen:
        said = f"Not told by this reference: {several([_missed(each) for each in unseen])}"
        sentences.append(f"{said}; {_larger(target, ask)}.")
    return sentences


def _best(offers: list[Offer], tolerance: float) -> Offer:
    """That of the smallest error surely reached, or else expected."""
    feasible = [offer for offer in offers if offer.is_feasible(tolerance)]
    if feasible:
        return min(feasible, key=lambda offer: offer.smallest_tolerance)
    return min(offers, key=lambda offer: offer.expected_tolerance)


def _missed(offer: Offer) -> str:
    return f"{offer.label} ({percent(offer.expected_tolerance)}, {offer.worst_quantity})"


def _doubtful(target: TargetSummary, ask: Ask, offer: Offer) -> str:
    """What is expected of it, where its interval ends, and how many replicates would tell."""
    line = line_of(target, offer)
    if math.isinf(offer.smallest_tolerance):
        left = f"by the one replicate of {line.replicates} that is left"
        return f"{offer.label} ({percent(offer.expected_tolerance)} {left})"
    needed = replicates_to_tell(target, line, wanted_of(target, ask, scored_conditions(target)), ask["tolerance"])
    tell = f"; {count(needed)} replicates would tell" if needed else ""
    end = percent(offer.smallest_tolerance)
    return f"{offer.label} ({percent(offer.expected_tolerance)}, its interval ends at {end}{tell})"


def _larger(target: TargetSummary, ask: Ask) -> str:
    """How large a reference tells whether an error is below the tolerance."""
    conditions = scored_conditions(target)
    v = max(sum(w.variance.values()) / len(w.variance) for w in wanted_of(target, ask, conditions))
    runs = CLAIMED * v / ask["tolerance"] ** 2 / math.sqrt(len(conditions))
    return f"an error of {percent(ask['tolerance'])} takes a reference of more than {count(runs)} runs a condition"


def by_label(offers: list[Offer]) -> dict[str, list[Offer]]:
    """The offers of each Generator, by budget."""
    groups: dict[str, list[Offer]] = {}
    for offer in sorted(offers, key=lambda each: each.budget):
        if not offer.is_sampler:
            groups.setdefault(offer.label, []).append(offer)
    order = list(dict.fromkeys(offer.label for offer in offers))
    return dict(sorted(groups.items(), key=lambda item: order.index(item[0])))


def _share(target: TargetSummary, ask: Ask, offer: Offer) -> str:
    """At how many conditions a Generator that is feasible on average is feasible, and where it is worst."""
    can = "cannot go" if offer.is_seen(offer.worst_quantity) else "is not seen"
    said = f"{name_of(offer)} {can} below {reach_of(offer, _end(offer))}"
    conditions = scored_conditions(target)
    if len(conditions) == 1:
        return f"{said}."
    line = line_of(target, offer)
    each = {c: offer_of(target, line, wanted_of(target, ask, [c])) for c in conditions}
    within = sum(at.expected_tolerance < ask["tolerance"] for at in each.values())
    worst = max(each, key=lambda c: each[c].expected_tolerance)
    return (
        f"{said} on average; it is within tolerance at {within} of {len(conditions)} conditions, worst "
        f"{reach_of(each[worst])} at {place(target, worst)}."
    )


def _end(offer: Offer) -> str:
    """Where the interval of its error ends, if that is above what is expected."""
    end = percent(offer.smallest_tolerance)
    return "" if end == percent(offer.expected_tolerance) else f"its interval ends at {end}"


def place(target: TargetSummary, condition: str) -> str:
    """A condition with its values, where they are few."""
    known = target.conditions[condition]
    values = known.get("data") or known["z"] or ()
    if not 0 < len(values) <= FEW:
        return condition
    return f"{condition} = ({', '.join(f'{value:.3g}' for value in values)})"


def more_runs(target: TargetSummary, ask: Ask, offers: list[Offer]) -> list[str]:
    """For each Generator that reaches the tolerance at no budget: from how many runs its learning curve does."""
    eps = ask["tolerance"]
    missed = {label: group for label, group in by_label(offers).items() if not any(o.is_feasible(eps) for o in group)}
    doubtful = [label for label, group in missed.items() if min(o.expected_tolerance for o in group) < eps]
    said = [_more_runs(target, ask, label, group) for label, group in missed.items() if label not in doubtful]
    if doubtful:
        said.append(f"Whether more runs are needed by {several(doubtful)}, more replicates tell.")
    return said


def _more_runs(target: TargetSummary, ask: Ask, label: str, offers: list[Offer]) -> str:
    eps, budgets = ask["tolerance"], [offer.budget for offer in offers]
    if len(budgets) == 1:
        added = budgets[0] // SMALLER if budgets[0] >= SMALLER * ENOUGH else SMALLER * budgets[0]
        both = ", ".join(str(budget) for budget in sorted({added, budgets[0]}))
        return f"How many more runs {label} takes is not seen at one budget: write budgets: [{both}] and run again."
    lacking = [quantity for quantity, bias2 in offers[-1].expected.items() if bias2 >= eps**2]
    if not all(map(offers[-1].is_seen, lacking)):
        return f"Whether more runs help {label} is not told by this reference; {_larger(target, ask)}."
    curves = {q: fit_learning_curve(budgets, [offer.expected[q] for offer in offers]) for q in lacking}
    between = f"from {count(budgets[0])} to {count(budgets[-1])} runs"
    for quantity, curve in curves.items():
        if curve is None or math.isinf(curve.runs_needed(eps)):
            return f"More runs do not help {label} as far as is seen: its error ({quantity}) does not fall {between}."
    fitted = {quantity: curve for quantity, curve in curves.items() if curve is not None}
    slowest = max(fitted, key=lambda quantity: fitted[quantity].runs_needed(eps))
    runs = max(fitted[slowest].runs_needed(eps), budgets[-1])
    start = (
        f"By its learning curve (squared bias ~ N^-{fitted[slowest].exponent:.2g} {between}, {slowest}) {label} takes"
    )
    if runs > HOPELESS * budgets[-1]:
        return f"{start} more than {HOPELESS:,} times its largest budget."
    more = count(math.ceil(runs - budgets[-1]))
    steady = max(budgets[-1] * offers[-1].expected[quantity] / eps**2 for quantity in lacking)
    shared = _shared(target, ask, label, slowest, fitted[slowest], runs)
    beyond = f"; that is an extrapolation beyond {REACH} times its largest budget"
    return (
        f"{start} {count(runs)} runs{_interval(target, ask, label, lacking, runs, shared, steady)}, {more} more"
        f"{beyond if is_extrapolated(runs, largest=budgets[-1]) else ''}."
    )


def _interval(
    target: TargetSummary, ask: Ask, label: str, lacking: list[str], runs: float, shared: float, steady: float
) -> str:
    """In brackets, the interval over replicates; that there is none where the curve of one does not come down."""
    curves = _curves_of_replicates(target, ask, label, lacking)
    if len(curves) < 2:
        return ""
    needed = [max(_runs_needed(curve, ask["tolerance"]) for curve in each) for each in curves]
    ends = interval_of_runs(runs, needed, shared=shared, steady=steady)
    if ends is None:
        flat = sum(math.isinf(each) for each in needed)
        return f" (no interval: the error of {flat} of {len(needed)} replicates does not fall)"
    if ends[1] > WIDEST * ends[0]:
        return f" (the replicates do not tell: its interval is wider than {WIDEST:,} times)"
    at = ", where it falls as N^-1 from there on" if ends[1] == steady else ""
    return f" (interval {count(ends[0])} to {count(ends[1])}{at})"


def _shared(target: TargetSummary, ask: Ask, label: str, quantity: str, curve: LearningCurve, runs: float) -> float:
    """The half-width of log N* by the noise of the references, which all replicates share."""
    wanted = wanted_of(target, ask, scored_conditions(target))
    (asked,) = (each for each in wanted if each.name == quantity)
    lines = {line.budget: line for line in scored_lines(target, wanted) if line.method == label}
    squares = {N: found for N, line in sorted(lines.items()) if (found := squares_of(target, line, asked))}
    return width_of_runs(curve, runs, {N: sq.shared / sq.mean for N, sq in squares.items() if sq.mean > 0})


def _curves_of_replicates(
    target: TargetSummary, ask: Ask, label: str, lacking: list[str]
) -> list[list[LearningCurve | None]]:
    """For each replicate the curve of each quantity; none where a budget has a single replicate."""
    wanted: list[Wanted] = wanted_of(target, ask, scored_conditions(target))
    lines = sorted((li for li in scored_lines(target, wanted) if li.method == label), key=lambda li: li.budget)
    spreads = [spread for line in lines if (spread := spread_of(target, line, wanted))]
    if len(spreads) < len(lines):
        return []
    replicates = min(len(spread.each) for spread in spreads)
    return [
        [fit_learning_curve([li.budget for li in lines], [s.each[r].bias2[q] for s in spreads]) for q in lacking]
        for r in range(replicates)
    ]


def _runs_needed(curve: LearningCurve | None, tolerance: float) -> float:
    return math.inf if curve is None else curve.runs_needed(tolerance)
