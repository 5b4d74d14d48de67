"""Throughput of one run that processes make together (`jax.distributed`): writes `results/benchmarks/hosts.md`.

make bench-hosts                                  three minutes on two cores, otherwise idle
python benchmarks/hosts.py 1 2                    only printed, for these numbers of processes

Runs of the electrode (4,096 at one condition), compiled before they are timed, the least of three times; a streamed
reference of it, in eight blocks, from the first run to the law, once, less what was compiled; and what it takes the
processes to agree on a number. All rows make the same runs and the same law, which is checked bit for bit.
"""

import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from sgmbench.core.clock import Clock
from sgmbench.core.hosts import agreed, is_lead, join
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.problems.porous_electrode import PorousElectrode
from sgmbench.runner.environment import environment
from sgmbench.runner.streaming import BLOCK, streamed_runs

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "hosts.md"
COUNTS = 1, 2, 4
RUNS, AT, REPEATS, AGREEMENTS = 4_096, (0.1, 0.0, 25.0), 3, 100
STREAMED, KEPT = 8 * BLOCK, 10_000


def main() -> None:
    """The page, or the part of one process."""
    if sys.argv[1:2] == ["part"]:
        part(*map(int, sys.argv[2:]))
        return
    page = "\n".join(lines([row(int(count)) for count in sys.argv[1:] or COUNTS])) + "\n"
    if not sys.argv[1:]:
        OUTPUT.write_text(page)
    sys.stdout.write(page)


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The page."""
    where = environment()
    yield from (
        "# Processes that make one run together",
        "",
        f"Made by `make bench-hosts` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}. "
        f"{RUNS:,} runs of porous_electrode at one condition, by processes of `jax.distributed` on this machine, in "
        f"one call; a streamed reference of {STREAMED:,}, of which {KEPT:,} are kept, with its law; behind each rate "
        "that over the rate of one process; and milliseconds for a word among all, of which a call takes some.",
        "",
        "| processes | runs/s of a call | runs/s of a streamed reference | ms a word | runs and law |",
        "|---|---|---|---|---|",
    )
    for each in rows:
        rates = " | ".join(f"{each[kind]:,.0f} ({each[kind] / rows[0][kind]:.2f})" for kind in ("call", "streamed"))
        same = "the same bits" if each["digest"] == rows[0]["digest"] else "OTHER BITS"
        yield f"| {each['count']} | {rates} | {each['agreement']:.2g} | {same} |"


def row(count: int) -> dict[str, Any]:
    """What process 0 of so many says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [[sys.executable, __file__, "part", str(i), str(count), str(port)] for i in range(count)]
    lead, *others = [subprocess.Popen(each, stdout=subprocess.PIPE, text=True) for each in words]
    said = lead.communicate()[0].splitlines()[-1]
    for each in others:
        each.communicate()
    return json.loads(said)


def part(number: int, count: int, port: int) -> None:
    """Of one process."""
    if count > 1:
        join(f"127.0.0.1:{port}", number, count)
    simulate, key = Simulation(PorousElectrode(), Clock(), at_condition=True), stream(0, "hosts")
    y = simulate(RUNS, key=key, z=AT).y
    took = min(seconds(lambda: simulate(RUNS, key=key, z=AT)) for _ in range(REPEATS))
    agreed(0)
    agreement = seconds(lambda: [agreed(0) for _ in range(AGREEMENTS)]) / AGREEMENTS
    begun = time.perf_counter()
    runs, law = streamed_runs(PorousElectrode(), STREAMED, kept=KEPT, key=key, z=AT, progress=silent)
    streamed = STREAMED / (time.perf_counter() - begun - runs.seconds["compile"])
    if is_lead():
        digest = hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in (y, *vars(law).values()))).hexdigest()
        rates = {"call": RUNS / took, "streamed": streamed}
        row = {"count": count, **rates, "agreement": 1e3 * agreement, "digest": digest}
        sys.stdout.write(json.dumps(row) + "\n")


def seconds(action: Any) -> float:
    """Of the wall clock."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
