"""`sgmbench ladder`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results
from sgmbench.cli.orderly import orderly


@orderly
def ladder(
    config: Annotated[Path, typer.Argument(help="A YAML experiment with a diffusion method.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    method: Annotated[str | None, typer.Option(help="Label of the diffusion method; the first by default.")] = None,
    platform: Platform = None,
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Take the error of a diffusion model apart: initialization, discretization, learning; and what would mend it.

    Example: sgmbench ladder configs/ladder.yaml
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    api.use_platform(platform)
    with terminal_progress(quiet=json) as progress:
        found = api.ladder(config, overrides=overrides or (), method=method, results=results, progress=progress)
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_ladder(found, results=results)
