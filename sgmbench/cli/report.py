"""`sgmbench report`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Results
from sgmbench.cli.orderly import orderly
from sgmbench.cli.outputs import check_file


@orderly
def report(
    names: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Runs: a folder, its name, an experiment's name.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; report.html in the run's folder by default.")
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Write the HTML page of a run, or of several side by side.

    Example: sgmbench report quickstart
    """
    from sgmbench import api

    check_file(output, "--output")
    sys.stdout.write(f"{api.report(names, output=output, results=results)}\n")
