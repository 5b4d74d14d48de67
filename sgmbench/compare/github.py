"""The comparison for GitHub Actions: a job's summary, and annotations.

The summary is Markdown appended to the file that GITHUB_STEP_SUMMARY names. An annotation is a line

    ::error title=TITLE::MESSAGE

on the job's output, with % and line breaks written as %25, %0D and %0A, and in a title : and , as %3A and %2C.

Source: https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
"""

from collections.abc import Mapping
from pathlib import Path

from sgmbench.compare.compare import Comparison
from sgmbench.compare.markdown import as_markdown
from sgmbench.compare.rows import Row
from sgmbench.compare.words import sentence
from sgmbench.errors import UsageError

SUMMARY = "GITHUB_STEP_SUMMARY"
MOST = 10
"""Annotations of one kind that a step may have."""

_LEVELS = {"error": ("regression", "not comparable"), "warning": ("inconclusive",)}


def check_summary(environ: Mapping[str, str]) -> None:
    """Raises UsageError where this is no step of a job."""
    if not environ.get(SUMMARY):
        raise UsageError(f"--github: {SUMMARY} is not set, as it is in a step of GitHub Actions; write --markdown")


def append_summary(comparison: Comparison, environ: Mapping[str, str]) -> None:
    """Appends the comparison to the summary of the job's step.

    Raises:
        UsageError: this is no step of a job, or its summary cannot be written.
    """
    check_summary(environ)
    try:
        with Path(environ[SUMMARY]).open("a", encoding="utf-8") as file:
            file.write(as_markdown(comparison))
    except OSError as error:
        raise UsageError(f"--github: {environ[SUMMARY]} cannot be written ({error.strerror})") from error


def annotations(comparison: Comparison) -> list[str]:
    """One line for each row that does not pass, regressions first, at most ten of each level."""
    lines: list[str] = []
    for level, verdicts in _LEVELS.items():
        rows = [row for verdict in verdicts for row in comparison.rows if row.verdict == verdict]
        lines += [f"::{level} title={_title(row)}::{_escaped(sentence(row))}" for row in rows[:MOST]]
    return lines


def _title(row: Row) -> str:
    return _escaped(f"sgmbench: {row.verdict}").replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
