"""`sgmbench show`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Results
from sgmbench.cli.orderly import orderly


@orderly
def show(
    name: Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run, its name, or an experiment's name.")],
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Show the table and the answer of a run."""
    from sgmbench import api

    answer = api.show(name, results=results)
    if json:
        sys.stdout.write(api.as_json(answer) + "\n")
    else:
        api.print_answer(answer)
