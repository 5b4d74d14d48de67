"""`sgmbench init`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.orderly import orderly
from sgmbench.cli.outputs import check_file


@orderly
def init(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="A problem's name, or my_module:MyProblem.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default the problem's name with .yaml.")
    ] = None,
) -> None:
    """Write a first configuration for a problem, short and with comments.

    Example: sgmbench init burgers -o first.yaml
    """
    from sgmbench import api

    check_file(output, "--output")
    written = api.init(problem, output)
    sys.stdout.write(f"{written}: written; see what it takes with sgmbench plan {written}\n")
