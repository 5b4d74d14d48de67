"""`sgmbench export`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Results, Trust
from sgmbench.cli.orderly import orderly
from sgmbench.cli.outputs import check_file, check_folder


class Form(StrEnum):
    """For which tools."""

    csv = "csv"
    parquet = "parquet"
    netcdf = "netcdf"
    arviz = "arviz"


@orderly
def export(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its name, its experiment's name.")],
    to: Annotated[Form, typer.Option("--to", help="Scores as a table or as arrays, or posterior samples.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; of arviz the folder. Named after the run if not.")
    ] = None,
    trust: Trust = False,
    results: Results = RESULTS,
) -> None:
    """Write a run's scores as csv, parquet or netcdf, or its posterior samples for arviz; print the files' names.

    Example: sgmbench export quickstart --to csv
    """
    from sgmbench import api

    check = check_folder if to is Form.arviz else check_file
    check(output, "--output")
    for path in api.export(name, to=to.value, output=output, trust=trust, results=results):
        sys.stdout.write(f"{path}\n")
