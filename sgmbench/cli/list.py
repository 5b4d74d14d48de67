"""`sgmbench list`."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from sgmbench.cli.options import Json
from sgmbench.cli.orderly import orderly


class Group(StrEnum):
    """What can be listed."""

    problems = "problems"
    targets = "targets"
    methods = "methods"
    representations = "representations"
    networks = "networks"
    noises = "noises"
    samplers = "samplers"
    metrics = "metrics"


@orderly
def list_(
    group: Annotated[Group | None, typer.Argument(help="One group; all of them where it is left out.")] = None,
    json: Json = False,
) -> None:
    """List problems, targets, methods and their parts, and metrics, built in or from installed packages.

    Example: sgmbench list methods
    """
    from sgmbench.registry import names

    found = {each.value: names(each.value) for each in ([group] if group else Group)}
    if json:
        import json as json_

        sys.stdout.write(json_.dumps(found, indent=2) + "\n")
        return
    width = max(len(name) for entries in found.values() for name in entries)
    for title, entries in found.items():
        sys.stdout.write(f"{title}\n" + "".join(f"  {name:<{width}}  {line}\n" for name, line in entries.items()))
