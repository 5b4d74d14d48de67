"""A reference of ten million runs in little memory: writes `results/benchmarks/streamed.md`.

make bench-streamed                               two minutes on two cores, otherwise idle

`sgmbench run` in a process of its own, for a truth of 10^5, 10^6 and 10^7 runs of which 10,000 are kept: seconds from
start to end, and the largest memory of the process. Plain Monte Carlo is scored against each, and what the truth says
of the mean stands beside what is known of it.
"""

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sgmbench.problems.ishigami import Ishigami
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "streamed.md"
SIZES = 100_000, 1_000_000, 10_000_000
CONFIG = """\
name: streamed
problem: ishigami
targets: [marginal]
methods: [monte_carlo]
budgets: [1000]
replicates: 1
metrics: [mean, standard_deviation, quantiles, energy]
reference: {{size: {size}, kept: 10000}}
"""


class Row(NamedTuple):
    """One run.

    Attributes:
        size: of its truth.
        seconds: from start to end, imports and compilation included.
        peak: MB, the largest of its process.
        error: of the truth's mean, in its standard errors.
    """

    size: int
    seconds: float
    peak: float
    error: float


def main() -> None:
    """The page."""
    page = "\n".join(lines([measured(size) for size in SIZES])) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def measured(size: int) -> Row:
    """One run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        config, results = Path(folder) / "streamed.yaml", Path(folder) / "results"
        config.write_text(CONFIG.format(size=size))
        command = [sys.executable, "-m", "sgmbench", "run", str(config), "--results", str(results), "--quiet"]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        if status:
            raise SystemExit(f"the run of {size:,} ended with status {status}")
        (truth,) = (results / ".cache" / "reference").glob("*.npz")
        with np.load(truth, allow_pickle=False) as law:
            runs, mean = int(law["law/count"]), float(law["law/mean"][0])
    if runs != size:
        raise SystemExit(f"the truth is of {runs:,} runs and not of {size:,}")
    known = Ishigami().moments(None)["y"]
    return Row(size, seconds, used.ru_maxrss / 1e3, (mean - float(known.mean)) / (float(known.sd) / math.sqrt(size)))


def lines(rows: list[Row]) -> Iterator[str]:
    """The page."""
    where = environment()
    yield from (
        "# References that are streamed",
        "",
        f"Made by `make bench-streamed` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}. "
        "`sgmbench run` of ishigami in a process of its own, from start to end, with a truth of so many runs of which "
        "10,000 are kept; the largest memory of the process; and by how many of its standard errors the mean of the "
        "truth is off what is known of it.",
        "",
        "| runs of the truth | seconds | peak memory, MB | mean off by, standard errors |",
        "|---|---|---|---|",
    )
    for row in rows:
        yield f"| {row.size:,} | {row.seconds:.0f} | {row.peak:,.0f} | {row.error:.2f} |"


if __name__ == "__main__":
    main()
