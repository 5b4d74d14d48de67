"""`sgmbench work-precision`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Platform, Results
from sgmbench.cli.orderly import orderly


@orderly
def work_precision(
    config: Annotated[Path, typer.Argument(help="A YAML experiment with a diffusion method.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    method: Annotated[str | None, typer.Option(help="Label of the diffusion method; the first by default.")] = None,
    samplers: Annotated[str, typer.Option(help="Kinds, as heun,dpmpp_2m; by default all that fit the noise.")] = "",
    evaluations: Annotated[str, typer.Option(help="Of the network for one sample, at most.")] = "8,16,32,64,128",
    platform: Platform = None,
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Measure the error of samplers against network evaluations, with the exact score where there is one.

    Example: sgmbench work-precision configs/ladder.yaml --samplers heun,dpmpp_2m
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    api.use_platform(platform)
    with terminal_progress(quiet=json) as progress:
        found = api.work_precision(
            config,
            overrides=overrides or (),
            method=method,
            samplers=[kind.strip() for kind in samplers.split(",") if kind.strip()],
            evaluations=_counts(evaluations),
            results=results,
            progress=progress,
        )
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_work_precision(found, results=results)


def _counts(text: str) -> list[int]:
    """Whole numbers between commas."""
    from sgmbench.errors import UsageError

    counts = text.split(",")
    if not all(each.strip().isdecimal() and int(each) > 2 for each in counts):
        raise UsageError(f"--evaluations {text}: write whole numbers of 3 and more with commas between: 8,16,32")
    return [int(each) for each in counts]
