"""`sgmbench validate`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.aside import aside
from sgmbench.cli.options import Json
from sgmbench.cli.orderly import orderly


@orderly
def validate(
    config: Annotated[Path, typer.Argument(help="A YAML experiment or series of them.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    json: Json = False,
) -> None:
    """Check a configuration and say which cells it makes, or everything that is wrong with it, and where.

    Example: sgmbench validate configs/quickstart.yaml --set replicates=3
    """
    from sgmbench import api

    with aside():
        checked = api.validate(config, overrides=overrides or ())
    if json:
        sys.stdout.write(api.checked_as_json(checked) + "\n")
    else:
        api.print_checked(config, checked)
