"""`sgmbench show`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.aside import aside
from sgmbench.cli.options import RESULTS, Json, Results
from sgmbench.cli.orderly import orderly


@orderly
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A run (its folder, its name, its experiment's name), or a problem.")
    ],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="A setting of a problem: steps=64.")] = None,
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Show the table and the answer of a run, or what a problem is.

    Example: sgmbench show quickstart
    """
    from sgmbench import api

    with aside():
        shown = api.show(name, overrides=overrides or (), results=results)
    if json:
        sys.stdout.write(api.as_json(shown) + "\n")
    else:
        api.print_shown(shown)
