"""`sgmbench run`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Results
from sgmbench.cli.orderly import orderly


@orderly
def run(
    config: Annotated[Path, typer.Argument(help="A YAML experiment, or the folder of an unfinished run.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest run of this configuration.")] = False,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no table.")] = False,
    results: Results = RESULTS,
) -> int:
    """Run an experiment: ground truth, training, sampling, scores, and the answer."""
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    with terminal_progress(quiet=quiet or json) as progress:
        options = {"overrides": overrides or (), "resume": resume, "results": results, "progress": progress}
        done = api.run(config, **options, warn=lambda message: sys.stderr.write(f"warning: {message}\n"))
    if json:
        sys.stdout.write(api.as_json(done) + "\n")
    elif not quiet:
        api.print_answer(done)
    return 5 if done.has_failed_cells else 0
