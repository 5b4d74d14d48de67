"""`sgmbench clean`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Results
from sgmbench.cli.orderly import orderly


@orderly
def clean(
    cache: Annotated[bool, typer.Option("--cache", help="References, training runs, fits, unfinished trainings.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    results: Results = RESULTS,
) -> None:
    """Empty the cache of a results folder; runs stay, and what they need again is made again.

    Example: sgmbench clean --cache
    """
    from sgmbench import api
    from sgmbench.errors import UsageError

    held = api.cached(results)
    if not held:
        sys.stdout.write(f"{results / '.cache'}: nothing there\n")
        return
    for each in held:
        sys.stdout.write(f"{each.kind:<12} {each.artifacts:>6,}  {each.bytes / 1e6:>10,.1f} MB\n")
    total = f"{sum(each.bytes for each in held):,} bytes below {results / '.cache'}"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{total} would be deleted; there is no terminal to ask at: write --yes")
        if not typer.confirm(f"Delete {total}?"):
            sys.stdout.write("nothing is deleted\n")
            return
    api.clear_cache(results)
    sys.stdout.write(f"deleted {total}\n")
