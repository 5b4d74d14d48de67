"""What was found out, first: the sentences, and where which method is cheapest."""

from sgmbench.report.answer import answers
from sgmbench.report.asking import question
from sgmbench.report.contest_words import claim_sentences
from sgmbench.report.overtaking import at_cost
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, listed
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.summary import TargetSummary
from sgmbench.report.wanted import Ask, refusal

NOTHING = "No cell of this run is finished, so there is nothing to answer yet."
MAP = "The cheapest method over the cost of a solver run and what is asked; the star is this problem as it was run."


def answer_section(reported: Reported) -> Section:
    """Sentences, decision maps, and who is best by the primary metric."""
    said = listed(answers(reported.summary) or [NOTHING], class_="answer")
    maps = [_decision_map(reported, target) for target in reported.summary.targets]
    return Section("answer", "Answer", joined([said, *maps, listed(claim_sentences(reported.claims))]))


def asks_of(reported: Reported, target: TargetSummary) -> list[Ask]:
    """What was asked of a target and has an answer."""
    if target.failed_because or target.pairs or not target.conditions:
        return []
    return [ask for ask in reported.summary.record["configuration"]["ask"] if not refusal(target, ask)]


def _decision_map(reported: Reported, target: TargetSummary) -> Markup:
    path = reported.figures / f"{target.name}_decision_map.svg"
    if not path.exists():
        return Markup()
    questions = [question(target, ask, cost) for ask in asks_of(reported, target) for cost in ask["cost_per_run"]]
    found = " ".join(f"To {each.tolerance:.2g}: {at_cost(each)}" for each in questions)
    return drawing(path, f"Decision map of {target.name}: the cheapest method. {found}", caption=MAP)
