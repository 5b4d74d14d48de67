"""What the command line does, as Python functions, and how their results print.

`run` and `run_series`, `show`, `ask` and `compare`, and the studies `calibrate`, `check_problem`, `ladder` and
`work_precision`.
"""

from sgmbench.api.finished import ask, compare, show
from sgmbench.api.plain import as_plain
from sgmbench.api.printing import (
    as_json,
    print_answer,
    print_calibration,
    print_check,
    print_comparison,
    print_ladder,
    print_reply,
    print_series,
    print_shown,
    print_work_precision,
)
from sgmbench.api.running import Answer, SeriesAnswer, SeriesEntry, run, run_series
from sgmbench.api.studying import calibrate, check_problem, ladder, work_precision
from sgmbench.config.series import is_series

__all__ = [
    "Answer",
    "SeriesAnswer",
    "SeriesEntry",
    "as_json",
    "as_plain",
    "ask",
    "calibrate",
    "check_problem",
    "compare",
    "is_series",
    "ladder",
    "print_answer",
    "print_calibration",
    "print_check",
    "print_comparison",
    "print_ladder",
    "print_reply",
    "print_series",
    "print_shown",
    "print_work_precision",
    "run",
    "run_series",
    "show",
    "work_precision",
]
