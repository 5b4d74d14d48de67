"""The methods beside each other: the terminal's tables."""

from sgmbench.report.page.markup import Markup, joined
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import html_of, of_terminal
from sgmbench.report.terminal import tables


def methods_section(reported: Reported) -> Section:
    """A table for each target, and of its listed conditions."""
    return Section("methods", "Methods", method_tables(reported))


def method_tables(reported: Reported) -> Markup:
    """The tables alone."""
    return joined(html_of(of_terminal(table)) for table in tables(reported.summary))
