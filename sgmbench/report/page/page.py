"""The page of one run: its sections after each other, in one file without a request.

Style and script stand in the page, figures are SVG inside of it, and its Content-Security-Policy lets a browser load
nothing else and run no other script. The same run gives the same bytes.
"""

import base64
import hashlib
from importlib.resources import files

from sgmbench.report.page.answer import answer_section
from sgmbench.report.page.calibration import calibration_section
from sgmbench.report.page.configuration import configuration_section
from sgmbench.report.page.contests import contests_section
from sgmbench.report.page.costs import costs_section
from sgmbench.report.page.errors import errors_section
from sgmbench.report.page.ladder import ladder_section
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.memorization import memorization_section
from sgmbench.report.page.methods import methods_section
from sgmbench.report.page.provenance import provenance_section
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.samples import samples_section
from sgmbench.report.page.scores import scores_section
from sgmbench.report.page.section import Section
from sgmbench.report.page.validity import validity_section

SECTIONS = (
    answer_section,
    methods_section,
    errors_section,
    samples_section,
    calibration_section,
    memorization_section,
    ladder_section,
    costs_section,
    validity_section,
    contests_section,
    scores_section,
    provenance_section,
    configuration_section,
)


def page_of(reported: Reported) -> str:
    """The page of a run, with the figures that were drawn (`report.draw`)."""
    record = reported.summary.record
    facts = [record["configuration"]["problem"]["kind"], record["environment"]["device"], reported.run]
    return document(reported.name, ", ".join(facts), [section(reported) for section in SECTIONS])


def document(title: str, byline: str, sections: list[Section]) -> str:
    """A page of some sections, with links to them on top."""
    style, script = _read("style.css"), joined([_read("sort.js"), _read("print.js")])
    links = tag("ul", *(tag("li", tag("a", section.title, href=f"#{section.key}")) for section in sections))
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", style),
    ]
    body = [
        tag("header", tag("h1", title), tag("p", byline, class_="byline"), tag("nav", links, aria_label="Sections")),
        tag("main", *(section.html() for section in sections)),
        tag("script", script),
    ]
    return "<!doctype html>\n" + tag("html", tag("head", *head), tag("body", *body), lang="en") + "\n"


def _read(name: str) -> Markup:
    """A file beside this one, as it stands in the page."""
    return Markup((files("sgmbench.report.page") / name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    """What a browser may load and run: the figures, and this style and script by their checksums."""
    return f"default-src 'none'; img-src data:; style-src {_checksum(style)}; script-src {_checksum(script)}"


def _checksum(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
