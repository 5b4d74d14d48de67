"""`sgmbench --version`: the versions that results depend on, and the device."""

import sys
from typing import Annotated

import typer

SHOWN = ("jax", "jaxlib", "flax", "optax", "diffrax")


def _print_versions(is_asked: bool) -> None:
    if not is_asked:
        return
    from sgmbench.runner.environment import environment

    found = environment()
    versions = {"sgmbench": found["versions"]["sgmbench"], "python": found["python"]}
    versions |= {name: found["versions"][name] for name in SHOWN} | {"device": found["device"]}
    sys.stdout.write("".join(f"{name:<8}  {version}\n" for name, version in versions.items()))
    raise typer.Exit()


def versions(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_versions, help="Print versions, and the device.")
    ] = False,
) -> None:
    """Options of no command."""
