"""`sgmbench baseline`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Results, Trust
from sgmbench.cli.orderly import orderly


@orderly
def baseline(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its name, its experiment's name.")],
    label: Annotated[str | None, typer.Option("--name", help="Of the file; the experiment's name by default.")] = None,
    trust: Trust = False,
    results: Results = RESULTS,
) -> None:
    """Write what `compare --baseline` needs of a run to a small file under results/baselines, to be committed.

    Example: sgmbench baseline quickstart
    """
    from sgmbench import api

    sys.stdout.write(f"{api.baseline(name, label=label, trust=trust, results=results)}\n")
