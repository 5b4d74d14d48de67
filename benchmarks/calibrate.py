"""The instrument tested on itself, in full: writes `results/benchmarks/calibrate.md`.

make bench-calibrate                              some five minutes on two cores; `make bench` does it too

What `sgmbench calibrate` does with three seeds, so that the level of intervals and tests can be seen beside the power.
"""

import io
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from sgmbench.cli.progress import terminal_progress
from sgmbench.report.calibrate import calibration_lines, calibration_tables
from sgmbench.runner.environment import environment
from sgmbench.studies.calibrate import Calibration, calibrate
from sgmbench.studies.defects import NONE
from sgmbench.studies.power import LEVEL

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "calibrate.md"
SEEDS = (0, 1, 2)
WIDTH = 150


def main() -> None:
    """Runs the studies and writes the page."""
    start, found = time.perf_counter(), []
    for seed in SEEDS:
        with terminal_progress(quiet=False) as progress:
            found.append(calibrate(seed=seed, progress=progress))
    page = "\n".join(lines(found, seconds=time.perf_counter() - start)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def lines(found: list[Calibration], *, seconds: float) -> list[str]:
    """The page."""
    where, first = environment(), found[0]
    return [
        "# Calibration",
        "",
        f"Made by `make bench-calibrate` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}, "
        f"in {seconds / len(found):.0f} s a seed. `sgmbench calibrate` prints the tables of the first seed.",
        "",
        "| seed | metric | intervals that hold N | chance of so many misses |",
        "|---|---|---|---|",
        *(
            f"| {each.seed} | {trust.metric} | {trust.held} of {trust.intervals} | {trust.probability:.2g} |"
            for each in found
            for trust in each.trusts
        ),
        "",
        *(f"- seed {each.seed}: {each.verdict}; {level(each)}." for each in found),
        "",
        "```",
        tables(first),
        "",
        *calibration_lines(first),
        "```",
    ]


def level(found: Calibration) -> str:
    """How often exact samples are found to have a defect, by all metrics together."""
    controls = [each for each in found.powers if each.defect == NONE]
    share = sum(each.found for each in controls) / sum(each.replicates for each in controls)
    return f"exact samples are found at a rate of {share:.3f}, by design {LEVEL}"


def tables(found: Calibration) -> str:
    """As the terminal has them."""
    console = Console(file=io.StringIO(), width=WIDTH)
    for table in calibration_tables(found):
        console.print(table)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
