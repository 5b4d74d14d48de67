"""`sgmbench verify`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results, Trust
from sgmbench.cli.orderly import orderly


@orderly
def verify(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its name, its experiment's name.")],
    no_scores: Annotated[bool, typer.Option("--no-scores", help="Look at the files alone.")] = False,
    platform: Platform = None,
    json: Json = False,
    trust: Trust = False,
    results: Results = RESULTS,
) -> int:
    """Verify a run: checksums, schemas, results, and scores computed again; exit code 5 where something is broken.

    Example: sgmbench verify quickstart
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    api.use_platform(platform)
    with terminal_progress(quiet=json) as progress:
        found = api.verify(name, with_scores=not no_scores, trust=trust, results=results, progress=progress)
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_verification(found)
    return 5 if found.verdict == "broken" else 0
