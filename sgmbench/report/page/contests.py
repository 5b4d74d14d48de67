"""Who is better than whom by the primary metric, at each budget, and whether it could be chance."""

from sgmbench.core.experiment import Experiment
from sgmbench.report.contest import Contest, Duel
from sgmbench.report.contest_words import TESTS
from sgmbench.report.format import count, short
from sgmbench.report.page.markup import tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, folded

COLUMNS = ("target", "runs", "first", "rival", "error ratio", "from", "to", "p", "replicates", "test", "status")
WORDS = frozenset({0, 2, 3, 9, 10})
NONE = (
    "Who is better than whom is told of methods that the primary metric ({}) scores in two replicates or more at one "
    "budget, of which there are no two; write replicates: 3 or more, or another metric as primary."
)
CAPTION = (
    "The first method's error over the rival's, its 95 % interval and the two-sided p that it is 1. The claim that the "
    "first is better than every rival has the largest of these p; at the largest budget of a target it is primary "
    "(Holm's p over all primary claims of the run), all else is exploratory."
)


def contests_section(reported: Reported) -> Section:
    """A row for each duel of the first method."""
    rows = [_row(reported, contest, duel) for contest in reported.contests for duel in contest.duels]
    grid = Grid("Duels of the first method", COLUMNS, rows, WORDS, caption=CAPTION)
    metric = reported.summary.record["configuration"].get("primary", Experiment.primary)
    return Section("contests", "Contests", folded(grid) if rows else tag("p", NONE.format(metric)))


def _row(reported: Reported, contest: Contest, duel: Duel) -> list[str]:
    holm = {(claim.contest.target, claim.contest.budget): claim.p for claim in reported.claims}
    primary = holm.get((contest.target, contest.budget))
    return [
        contest.target,
        count(contest.budget),
        contest.winner,
        duel.rival,
        *(f"{value:.3g}" for value in (duel.ratio, duel.low, duel.high)),
        _p(duel.p),
        f"{contest.replicates}",
        TESTS[contest.test],
        "exploratory" if primary is None else f"primary, p = {_p(primary)}",
    ]


def _p(value: float) -> str:
    return "under .001" if value < 0.001 else short(value)
