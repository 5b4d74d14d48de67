"""`sgmbench compare`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Results
from sgmbench.cli.orderly import orderly


@orderly
def compare(
    old: Annotated[str | None, typer.Argument(metavar="[A]", help="The run to compare with.")] = None,
    new: Annotated[str | None, typer.Argument(metavar="[B]", help="The run to judge; the newest by default.")] = None,
    margin: Annotated[float, typer.Option(help="Relative worsening of an error that is tolerated.")] = 0.1,
    json: Json = False,
    results: Results = RESULTS,
) -> int:
    """Compare two runs of one experiment cell by cell; exit code 3 where something became worse."""
    from sgmbench import api

    comparison = api.compare(old, new, margin=margin, results=results)
    if json:
        sys.stdout.write(api.as_json(comparison) + "\n")
    else:
        api.print_comparison(comparison)
    return 3 if comparison.verdict == "regression" else 0
