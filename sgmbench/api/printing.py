"""How results print on standard output."""

import json
from collections.abc import Iterable
from pathlib import Path

from sgmbench.api.plain import as_plain
from sgmbench.api.running import RESULTS, Answer, SeriesAnswer
from sgmbench.compare.compare import Comparison
from sgmbench.compare.proposal import MarginStudy
from sgmbench.report.asked import Reply
from sgmbench.report.calibrate import calibration_lines, calibration_tables
from sgmbench.report.contest_words import contest_sentences
from sgmbench.report.diagnostics import diagnostic_notes
from sgmbench.report.ladder import ladder_lines, ladder_tables
from sgmbench.report.problem_card import ProblemCard, card_lines
from sgmbench.report.problem_check import check_lines
from sgmbench.report.series_table import series_sentences, series_table
from sgmbench.report.terminal import notes, print_whole, tables, wide_console
from sgmbench.report.work_precision import work_lines, work_table
from sgmbench.runner.reproduction import Reproduction
from sgmbench.runner.verification import Verification
from sgmbench.studies.calibrate import Calibration
from sgmbench.studies.check_problem import ProblemCheck
from sgmbench.studies.ladder import Ladder
from sgmbench.studies.work_precision import WorkPrecision


def as_json(
    result: Answer
    | SeriesAnswer
    | Reply
    | Calibration
    | Comparison
    | ProblemCard
    | ProblemCheck
    | Ladder
    | MarginStudy
    | Reproduction
    | Verification
    | WorkPrecision,
) -> str:
    """The payload of `--json`; of a series an array."""
    if isinstance(result, SeriesAnswer):
        return json.dumps(as_plain(result.entries), indent=2, sort_keys=True)
    has_verdict = isinstance(result, Comparison | Reproduction | Verification)
    verdict = {"verdict": result.verdict} if has_verdict else {}
    return json.dumps(as_plain(result) | verdict, indent=2, sort_keys=True)


def print_shown(shown: Answer | ProblemCard) -> None:
    """What `show` found, on standard output."""
    if isinstance(shown, Answer):
        print_answer(shown)
    else:
        print_lines(card_lines(shown))


def print_reply(found: Reply) -> None:
    """The sentences and the folder."""
    console = wide_console()
    for sentence in found.sentences:
        console.print(sentence, markup=False)
    console.print(f"\n{found.run}", markup=False, soft_wrap=True)


def print_calibration(found: Calibration) -> None:
    """Both tables, a line for each defect, and the verdict."""
    for table in calibration_tables(found):
        print_whole(wide_console(), table)
    print_lines(calibration_lines(found))


def print_check(check: ProblemCheck) -> None:
    """The findings of a check, one a line."""
    print_lines(check_lines(check))


def print_ladder(found: Ladder, *, results: Path = RESULTS) -> None:
    """The table of each condition, the verdict and the folder."""
    for table in ladder_tables(found):
        print_whole(wide_console(), table)
    print_lines([*ladder_lines(found), "", str(results / found.experiment / "ladder")])


def print_work_precision(found: WorkPrecision, *, results: Path = RESULTS) -> None:
    """The table, a verdict for each score and the folder."""
    print_whole(wide_console(), work_table(found))
    print_lines([*work_lines(found), "", str(results / found.experiment / "work-precision")])


def print_answer(answer: Answer) -> None:
    """Tables, sentences and the folder, on standard output."""
    console = wide_console()
    for warning in answer.summary.record["warnings"]:
        console.print(f"warning: {warning}", markup=False, soft_wrap=True)
    for method, why in answer.summary.record.get("left_out", {}).items():
        console.print(f"left out: {method}: {why}", markup=False, soft_wrap=True)
    for table in tables(answer.summary):
        print_whole(console, table)
    for note in [*notes(answer.summary), *diagnostic_notes(answer.summary)]:
        console.print(note, markup=False, soft_wrap=True)
    for sentence in [*contest_sentences(answer.claims), *answer.sentences]:
        console.print(sentence, markup=False)
    console.print(f"\n{answer.summary.run}", markup=False, soft_wrap=True)


def print_series(done: SeriesAnswer) -> None:
    """The table of who wins where, and the sentences below it."""
    console = wide_console()
    print_whole(console, series_table(done.members))
    for sentence in series_sentences(done.members):
        console.print(sentence, markup=False)


def print_lines(lines: Iterable[str]) -> None:
    """A line each, however long, as it is."""
    console = wide_console()
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
