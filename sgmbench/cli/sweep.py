"""`sgmbench sweep`."""

from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results, Trust
from sgmbench.cli.orderly import orderly
from sgmbench.cli.run import run_and_tell


@orderly
def sweep(
    config: Annotated[
        Path, typer.Argument(help="A YAML experiment or series of them, or the folder of an unfinished run.")
    ],
    engine: Annotated[
        str, typer.Option("--engine", help="local:N child processes, dask, or dask://HOST:PORT, a scheduler's workers.")
    ] = "local",
    untimed: Annotated[
        bool,
        typer.Option("--untimed", help="No cell waits until it is alone on its machine; seconds tell little then."),
    ] = False,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest run of this configuration.")] = False,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds until a cell is ended.")] = None,
    platform: Platform = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no table.")] = False,
    trust: Trust = False,
    results: Results = RESULTS,
) -> int:
    """Run an experiment as run does, its cells on many workers at once; or a series, problem by problem.

    Example: sgmbench sweep configs/quickstart.yaml --set replicates=5 --engine local:2
    """
    from sgmbench import api

    api.use_platform(platform)
    options = {"overrides": overrides or (), "resume": resume, "results": results, "timeout": timeout}
    return run_and_tell(config, options | {"engine": engine, "timed": not untimed}, json=json, quiet=quiet, trust=trust)
