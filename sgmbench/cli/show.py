"""`sgmbench show`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Results
from sgmbench.cli.orderly import orderly


@orderly
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A run (its folder, its name, its experiment's name), or a problem.")
    ],
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Show the table and the answer of a run, or what a problem is."""
    from sgmbench import api

    shown = api.show(name, results=results)
    if json:
        sys.stdout.write(api.as_json(shown) + "\n")
    else:
        api.print_shown(shown)
