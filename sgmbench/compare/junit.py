"""The comparison as a JUnit file, which CI services show as tests: one a row.

A regression is a failure, a cell that failed and what is not comparable any more an error, an open row is skipped. The
format is what its readers agree on: testsuites > testsuite (name, tests, failures, errors, skipped) > testcase
(classname, name) > failure | error | skipped (message). Characters that XML does not know, which a solver may print,
are replaced.
"""

import re
from xml.etree import ElementTree

from sgmbench.compare.compare import FAILED, Comparison
from sgmbench.compare.rows import Row
from sgmbench.compare.words import sentence

_UNKNOWN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OUTCOME = {"regression": "failure", "not comparable": "error", "inconclusive": "skipped"}


def as_junit(comparison: Comparison) -> bytes:
    """The content of the file, UTF-8."""
    outcomes = [_outcome(row) for row in comparison.rows]
    counts = {
        "tests": len(outcomes),
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped"),
    }
    attributes = {name: str(count) for name, count in counts.items()}
    root = ElementTree.Element("testsuites", {"name": "sgmbench compare", **attributes})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _known(comparison.experiment), **attributes})
    for row, outcome in zip(comparison.rows, outcomes, strict=True):
        where = f"{comparison.experiment}.{row.target}.{row.method}.{row.budget}"
        case = ElementTree.SubElement(suite, "testcase", {"classname": _known(where), "name": _known(_name(row))})
        if outcome:
            ElementTree.SubElement(case, outcome, {"message": _known(sentence(row))})
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _known(text: str) -> str:
    return _UNKNOWN.sub("\ufffd", text)


def _outcome(row: Row) -> str:
    """The element that says what became of a row; none where it passes."""
    return "error" if row.error == FAILED else _OUTCOME.get(row.verdict, "")


def _name(row: Row) -> str:
    """Cells are told apart by their replicate."""
    is_cell = row.kind == "cell" and row.replicates == 1
    return f"{row.error}, {row.why.partition(':')[0]}" if is_cell else row.error
