"""`sgmbench reproduce`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results, Trust
from sgmbench.cli.orderly import orderly


@orderly
def reproduce(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its name, its experiment's name.")],
    cell: Annotated[str, typer.Argument(metavar="CELL", help="The name of one of its cells, or a part of it.")],
    platform: Platform = None,
    json: Json = False,
    trust: Trust = False,
    results: Results = RESULTS,
) -> int:
    """Run one cell again from nothing and compare; exit code 3 where its numbers differ beyond rounding.

    Example: sgmbench reproduce quickstart diffusion.2500.r0
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    api.use_platform(platform)
    with terminal_progress(quiet=json) as progress:
        found = api.reproduce(name, cell, trust=trust, results=results, progress=progress)
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_reproduction(found)
    return 3 if found.verdict == "different" else 0
