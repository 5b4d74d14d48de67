"""Error against cost: in solver runs, in core-seconds, and what an answer of a given tolerance costs."""

from sgmbench.report.figures.error_against_cost import priced
from sgmbench.report.format import count, percent
from sgmbench.report.offers import offers_of
from sgmbench.report.page.answer import asks_of
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.reported import Reported, largest
from sgmbench.report.page.section import Section
from sgmbench.report.reach import by_label
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.wanted import scored_conditions
from sgmbench.report.worth import ENERGY

GUIDE = (
    "An error of N^-1/2 is worth N independent runs: plain Monte Carlo lies on the dashed line but for chance. Medians "
    "over conditions; bars are 95 % intervals over replicates, where there are several. A hollow marker is an upper "
    "bound: the reference cannot tell the error from none."
)
SECONDS = (
    "The same errors over the core-seconds of all conditions together, at each cost of a solver run that is asked "
    "about, compilation and training included; the dashed line is of the solver runs alone."
)
FRONTIER = "What an answer costs at each tolerance; a line that ends has reached its bias."
NONE = "No method was scored by energy distance, which is what is drawn here over runs and seconds."


def errors_section(reported: Reported) -> Section:
    """Errors over runs, over seconds, and frontiers."""
    scored = [t for t in reported.summary.targets if any(ENERGY in line.equivalent for line in t.lines)]
    figures = [_against_runs(reported, scored)]
    for target in scored:
        figures += [_against_cost(reported, target), _frontier(reported, target)]
    return Section("errors", "Error against cost", joined(figures) or tag("p", NONE))


def _against_runs(reported: Reported, targets: list[TargetSummary]) -> Markup:
    said = [f"{target.name}: {'; '.join(map(_worth, _largest(target)))}." for target in targets]
    alt = f"Energy error over solver runs with the guide N^-1/2. Equivalent runs: {' '.join(said)}"
    return drawing(reported.figures / "error_against_runs.svg", alt, caption=GUIDE)


def _against_cost(reported: Reported, target: TargetSummary) -> Markup:
    costs = priced(target, reported.summary.record["configuration"]["ask"])
    if not costs:
        return Markup()
    path = reported.figures / f"{target.name}_error_against_cost.svg"
    said = "; ".join(
        f"{line.method} {line.median().value ** -0.5:.2g} in {costs[0].seconds(line):.3g} s"
        for line in _largest(target)
    )
    alt = f"{target.name}: error over core-seconds. By energy, at {costs[0].words}: {said}."
    return drawing(path, alt, caption=SECONDS)


def _frontier(reported: Reported, target: TargetSummary) -> Markup:
    path, asks = reported.figures / f"{target.name}_frontier.svg", asks_of(reported, target)
    if not path.exists() or not asks:
        return Markup()
    offers = by_label(offers_of(target, asks[0], scored_conditions(target)))
    least = {label: min(each.smallest_tolerance for each in group) for label, group in offers.items()}
    said = "; ".join(f"{label} down to {percent(end)}" for label, end in least.items())
    alt = f"{target.name}: the cost of an answer over its tolerance. Generators surely reach: {said or 'none'}."
    return drawing(path, alt, caption=FRONTIER)


def _largest(target: TargetSummary) -> list[Line]:
    """Each method at its largest budget, where it has equivalent runs."""
    return largest(line for line in target.lines if line.equivalent.get(ENERGY))


def _worth(line: Line) -> str:
    runs = line.median()
    return f"{line.method} from {count(line.budget)} runs {'at least ' if runs.at_least else ''}{count(runs.value)}"
