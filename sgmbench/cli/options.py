"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Results = Annotated[Path, typer.Option("--results", envvar="SGMBENCH_RESULTS", help="Root of the results folders.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on standard output.")]
Trust = Annotated[
    bool, typer.Option("--trust", help="Import code of its own (my_module:MyClass) that the run's record names.")
]
Platform = Annotated[
    Literal["cpu", "gpu", "tpu"] | None,
    typer.Option("--platform", envvar="SGMBENCH_PLATFORM", help="Compute there; by default on the fastest there is."),
]
RESULTS = Path("results")
