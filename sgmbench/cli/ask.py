"""`sgmbench ask`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Results
from sgmbench.cli.orderly import orderly


@orderly
def ask(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its name, its experiment's name.")],
    quantities: Annotated[
        list[str] | None, typer.Option("--quantity", help="mean, sd, c.sd, c.q0.975, 'P(c>0.3)' or energy; repeatable.")
    ] = None,
    tolerances: Annotated[
        list[float] | None, typer.Option("--tolerance", help="Error allowed, as 0.02; repeatable.")
    ] = None,
    queries: Annotated[
        list[int] | None, typer.Option("--queries", help="Q, at how many conditions; repeatable.")
    ] = None,
    costs: Annotated[
        list[str] | None, typer.Option("--cost-per-run", help="Core-seconds of a run, or measured; repeatable.")
    ] = None,
    workers: Annotated[
        list[int] | None, typer.Option("--workers", help="Over how many solver runs are spread; repeatable.")
    ] = None,
    json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Ask a finished run about another cost, accuracy, demand or quantity; what is left out is as its file asked.

    Example: sgmbench ask quickstart --tolerance 0.1 --cost-per-run 60
    """
    from sgmbench import api

    found = api.ask(
        name,
        quantities=quantities or (),
        tolerances=tolerances or (),
        conditions=queries or (),
        costs_per_run=costs or (),
        workers=workers or (),
        results=results,
    )
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_reply(found)
