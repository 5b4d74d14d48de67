"""`sgmbench calibrate`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sgmbench.cli.options import Json, Platform
from sgmbench.cli.orderly import orderly
from sgmbench.compare.looks import EQUAL_ROUNDS
from sgmbench.errors import UsageError

REPLICATES = 20


@orderly
def calibrate(
    quick: Annotated[bool, typer.Option("--quick", help="Up to 256 dimensions only, with fewer repeats.")] = False,
    replicates: Annotated[
        int | None,
        typer.Option(min=2, help=f"Behind each interval, and of each defect: {REPLICATES}; of --compare: the file's."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all sets; another one is an independent test.")] = 0,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="CONFIG", help="Run this file against itself in turn, and propose margins of `compare`."),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=2, help=f"With --compare: how often two equal runs take turns; {EQUAL_ROUNDS} by default."),
    ] = None,
    platform: Platform = None,
    json: Json = False,
) -> int:
    """Test the instrument itself: are N runs found to be worth N, and which metric finds which planted defect?

    The exit code is 1 where N runs are not worth N, and chance does not explain it. With --compare the noise of this
    machine is measured: how often comparisons of equal code alarm, and which margins find a loss of 30 %.

    Example: sgmbench calibrate --quick
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    api.use_platform(platform)
    if compare is not None:
        if quick or seed:
            raise UsageError("--compare runs one file, whose size and seed are its own; leave out --quick and --seed")
        study = api.calibrate_margins(compare, rounds=rounds or EQUAL_ROUNDS, replicates=replicates, say=_say)
        if json:
            sys.stdout.write(api.as_json(study) + "\n")
        else:
            api.print_margins(study)
        return 0
    if rounds is not None:
        raise UsageError("--rounds says how often --compare runs a file; write --compare CONFIG, or leave it out")
    with terminal_progress(quiet=json) as progress:
        found = api.calibrate(quick=quick, replicates=replicates or REPLICATES, seed=seed, progress=progress)
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_calibration(found)
    return 0 if found.is_sound else 1


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
