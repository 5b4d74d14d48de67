"""`sgmbench compare`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import RESULTS, Json, Results, Trust
from sgmbench.cli.orderly import orderly
from sgmbench.cli.outputs import check_file
from sgmbench.compare.looks import ROUNDS
from sgmbench.errors import UsageError


@orderly
def compare(
    old: Annotated[str | None, typer.Argument(metavar="[A]", help="The run to compare with.")] = None,
    new: Annotated[str | None, typer.Argument(metavar="[B]", help="The run to judge; the newest by default.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="A file that `sgmbench baseline` wrote, in place of A.")] = None,
    ab: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="git:REF or a python: it and this version run the YAML file A in turn."),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help=f"With --ab: how often each version runs at most; {ROUNDS} by default.")
    ] = None,
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Worsening that is tolerated: 0.1, energy=0.2, time=0.3 or operations=0.01; repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 4 where anything is inconclusive.")] = False,
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown on standard output.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JUnit file, too.")] = None,
    github: Annotated[bool, typer.Option("--github", help="Add to a GitHub job's summary, and annotate.")] = False,
    trust: Trust = False,
    results: Results = RESULTS,
) -> int:
    """Compare two runs cell by cell. Exit code 3: something became worse; 5: a cell fails; 6: not comparable.

    Of several ends the first of 5, 3, 6, 4 counts. Not comparable are runs that ask different questions, and what A has
    measured and B does not show, as at another budget or by a metric of other settings: then run both alike, or write
    the baseline anew.

    Example: sgmbench compare quickstart --margin 0.2
    """
    from sgmbench import api

    if json and markdown:
        raise UsageError("--json and --markdown both want standard output; write one of them")
    if rounds is not None and ab is None:
        raise UsageError("--rounds says how often --ab runs two versions; write --ab VERSION, or leave it out")
    check_file(junit, "--junit")
    if github:
        api.check_github(os.environ)
    margins = dict(map(_margin, margin or ()))
    if ab is None:
        found = api.compare(old, new, margins=margins, baseline=baseline, trust=trust, results=results)
    elif old is None or new is not None or baseline is not None:
        raise UsageError("--ab takes one YAML file and no other run; write sgmbench compare CONFIG.yaml --ab VERSION")
    else:
        found = api.compare_versions(old, ab, rounds=rounds or ROUNDS, margins=margins, say=_say)
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    elif markdown:
        sys.stdout.write(api.as_markdown(found))
    else:
        api.print_comparison(found)
    if junit is not None:
        api.write_junit(junit, found)
    if github:
        sys.stderr.writelines(f"{line}\n" for line in api.tell_github(found, os.environ))
    return found.exit_code(strict=strict)


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _margin(text: str) -> tuple[str, float]:
    """A label and its margin; a number alone is of all errors."""
    label, _, number = text.rpartition("=")
    try:
        return label or "accuracy", float(number)
    except ValueError:
        raise UsageError(f"--margin {text}: write a number, as 0.1, or a label and a number, as energy=0.2") from None
