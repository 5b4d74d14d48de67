"""What the command line does, as Python functions, and how their results print.

`init`, `validate` and `plan`; `run` and `run_series`, `show`, `ask`, `report`, `compare` and `baseline`; `verify`,
`reproduce`, `export` and `clear_cache`; and the studies `calibrate`, `check_problem`, `ladder` and `work_precision`.
"""

from sgmbench.api.comparing import (
    baseline,
    calibrate_margins,
    check_github,
    compare,
    compare_versions,
    print_comparison,
    print_margins,
    tell_github,
    write_junit,
)
from sgmbench.api.finished import ask, show
from sgmbench.api.keeping import (
    cached,
    clear_cache,
    export,
    print_reproduction,
    print_verification,
    reproduce,
    verify,
)
from sgmbench.api.plain import as_plain
from sgmbench.api.planning import (
    Checked,
    checked_as_json,
    init,
    plan,
    plans_as_json,
    print_checked,
    print_plans,
    validate,
)
from sgmbench.api.printing import (
    as_json,
    print_answer,
    print_calibration,
    print_check,
    print_ladder,
    print_reply,
    print_series,
    print_shown,
    print_work_precision,
)
from sgmbench.api.reporting import report
from sgmbench.api.result import Answer
from sgmbench.api.running import SeriesAnswer, SeriesEntry, run, run_series
from sgmbench.api.studying import calibrate, check_problem, ladder, work_precision
from sgmbench.compare.markdown import as_markdown
from sgmbench.config.json_schema import json_schema
from sgmbench.config.series import is_series
from sgmbench.core.hosts import greet, is_lead, join
from sgmbench.core.platform import use_platform
from sgmbench.runner.hosts import led

__all__ = [
    "Answer",
    "Checked",
    "SeriesAnswer",
    "SeriesEntry",
    "as_json",
    "as_markdown",
    "as_plain",
    "ask",
    "baseline",
    "cached",
    "calibrate",
    "calibrate_margins",
    "check_github",
    "check_problem",
    "checked_as_json",
    "clear_cache",
    "compare",
    "compare_versions",
    "export",
    "greet",
    "init",
    "is_lead",
    "is_series",
    "join",
    "json_schema",
    "ladder",
    "led",
    "plan",
    "plans_as_json",
    "print_answer",
    "print_calibration",
    "print_check",
    "print_checked",
    "print_comparison",
    "print_ladder",
    "print_margins",
    "print_plans",
    "print_reply",
    "print_reproduction",
    "print_series",
    "print_shown",
    "print_verification",
    "print_work_precision",
    "report",
    "reproduce",
    "run",
    "run_series",
    "show",
    "tell_github",
    "use_platform",
    "validate",
    "verify",
    "work_precision",
    "write_junit",
]
