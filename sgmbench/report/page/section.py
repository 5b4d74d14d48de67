"""A section of the page: where links lead, its heading, and what is below it."""

from dataclasses import dataclass

from sgmbench.report.page.markup import Markup, tag


@dataclass(frozen=True)
class Section:
    """One part of the page; `key` is what links to it name."""

    key: str
    title: str
    body: Markup

    def html(self) -> Markup:
        """The section with its heading."""
        return tag("section", tag("h2", self.title), self.body, id=self.key)
