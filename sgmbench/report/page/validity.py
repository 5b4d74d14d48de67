"""What is held against cells, and what failed."""

from sgmbench.core.result import Result
from sgmbench.report.diagnostics import diagnostic_notes
from sgmbench.report.page.markup import Markup, joined, listed, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, html_of
from sgmbench.report.terminal import notes

NOTHING = "No cell failed, none is invalid, and nothing limits what may be claimed."


def validity_section(reported: Reported) -> Section:
    """Counts, sentences, and the reason of each failed or invalid cell."""
    return Section(
        "validity", "Validity and failures", joined([tag("p", _counts(reported)), held(reported), _table(reported)])
    )


def held(reported: Reported) -> Markup:
    """The sentences alone."""
    said = [*notes(reported.summary), *diagnostic_notes(reported.summary)]
    return listed(said, class_="held") if said else tag("p", NOTHING)


def _counts(reported: Reported) -> str:
    summary = reported.summary
    failed = sum(result.status == "failed" for result in summary.results)
    invalid = sum(result.validity == "invalid" for result in summary.results) - failed
    of, done = len(summary.record["cells"]), len(summary.results)
    valid = done - failed - invalid
    return f"{done:,} of {of:,} cells are finished: {failed:,} failed, {invalid:,} invalid, {valid:,} valid."


def _table(reported: Reported) -> Markup:
    invalid = [result for result in reported.summary.results if result.validity == "invalid"]
    rows = [[result.name, result.status, _why(result)] for result in invalid]
    if not rows:
        return Markup()
    return html_of(Grid("Cells that win nothing", ("cell", "status", "why"), rows, frozenset({0, 1, 2})))


def _why(result: Result) -> str:
    return "; ".join(filter(None, [result.reason, *(found.says for found in result.reasons)]))
