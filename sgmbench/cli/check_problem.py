"""`sgmbench check-problem`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results
from sgmbench.cli.orderly import orderly


@orderly
def check_problem(
    name: Annotated[
        str, typer.Argument(metavar="NAME_OR_CONFIG", help="A problem's name, my_module:MyProblem, or a YAML file.")
    ],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one setting: steps=64.")] = None,
    runs: Annotated[int, typer.Option(min=8, help="Runs drawn from the prior.")] = 256,
    platform: Platform = None,
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Check a problem's solver: precision, order under refinement, constraints, failures, speed; and a verdict.

    Example: sgmbench check-problem burgers --set level=1
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    api.use_platform(platform)
    with terminal_progress(quiet=json) as progress:
        check = api.check_problem(name, overrides=overrides or (), runs=runs, results=results, progress=progress)
    if json:
        sys.stdout.write(api.as_json(check) + "\n")
    else:
        api.print_check(check)
