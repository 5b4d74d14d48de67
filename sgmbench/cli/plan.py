"""`sgmbench plan`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results
from sgmbench.cli.orderly import orderly


@orderly
def plan(
    config: Annotated[Path, typer.Argument(help="A YAML experiment or series of them.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    platform: Platform = None,
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Say what a run would take, from a rehearsal in miniature: solver runs, time, memory, disk; and what is cached.

    Example: sgmbench plan configs/quickstart.yaml --set replicates=3
    """
    from sgmbench import api

    api.use_platform(platform)
    print_plan(config, overrides or [], results, json=json)


def print_plan(config: Path, overrides: list[str], results: Path, *, json: bool) -> None:
    """What `plan` and `run --dry-run` do."""
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    with terminal_progress(quiet=json) as progress:
        plans = api.plan(config, overrides=overrides, results=results, progress=progress)
    if json:
        sys.stdout.write(api.plans_as_json(plans) + "\n")
    else:
        api.print_plans(plans)
