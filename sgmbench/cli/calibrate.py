"""`sgmbench calibrate`."""

import sys
from typing import Annotated

import typer

from sgmbench.cli.options import Json
from sgmbench.cli.orderly import orderly


@orderly
def calibrate(
    quick: Annotated[bool, typer.Option("--quick", help="Up to 256 dimensions only, with fewer repeats.")] = False,
    replicates: Annotated[int, typer.Option(min=2, help="Behind each interval, and of each defect.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of all sets; another one is an independent test.")] = 0,
    json: Json = False,
) -> int:
    """Test the instrument itself: are N runs found to be worth N, and which metric finds which planted defect?

    The exit code is 1 where N runs are not worth N, and chance does not explain it.

    Example: sgmbench calibrate --quick
    """
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    with terminal_progress(quiet=json) as progress:
        found = api.calibrate(quick=quick, replicates=replicates, seed=seed, progress=progress)
    if json:
        sys.stdout.write(api.as_json(found) + "\n")
    else:
        api.print_calibration(found)
    return 0 if found.is_sound else 1
