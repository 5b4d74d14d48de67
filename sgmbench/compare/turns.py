"""Turns: two versions run one configuration in turn, in one job on one machine, so that seconds can be compared.

    A B,   B A,   A B,   ...

Each run is a process of its own with an empty results folder, so that nothing is found in a cache. What slows the
machine down for a while slows both versions of a round, and the order changes so that neither is always the first. A
time is judged by its ratios in the rounds (`rounds`); rounds are made until all times are decided (`looks`). The
seconds that a cell is said to take are the least of all rounds: what disturbs a run only adds to it. Errors and counts
are those of the first round; the same keys give the same numbers in each. A cell that fails in any round has failed.
There is one machine, whatever an older version says of it.

Two times are judged: seconds, and those that the processors worked, which wait for nobody. Beside a busy neighbor a
round's log ratio of one piece of work had a standard deviation of .44 in seconds and of .07 in seconds of processors,
and what waits for the neighbor draws the ratio of seconds towards 1. So a method is decided as soon as either time is a
regression, or that of the processors passes. Work that grew is found by these, work that waits by the seconds.

A version that is 30 % slower is beyond the margin of 25 % by .039 in logarithms. Where single times scatter by 5 %, and
one of thirty takes half as long again, five replicates and 24 rounds find it in 98 % of comparisons, and three in 86 %;
equal code is decided at the first look (tests/compare/test_turns.py). `make bench-false-alarms` measures it.
"""

import dataclasses
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sgmbench import registry
from sgmbench.compare.compare import Comparison, compare_sides
from sgmbench.compare.looks import ROUNDS, Look, looks
from sgmbench.compare.side import CellRecord, Side, side_of
from sgmbench.compare.versions import Version
from sgmbench.errors import UsageError
from sgmbench.store.run_folder import runs_of

Versions = tuple[Version, Version]


def compare_in_turns(
    config: Path,
    versions: Versions,
    *,
    rounds: int = ROUNDS,
    margins: Mapping[str, float] | None = None,
    say: Callable[[str], object],
) -> Comparison:
    """Lets two versions take turns until all times are decided, and judges the new one.

    Args:
        config: a YAML file of one experiment.
        versions: old and new.
        rounds: how often each runs at most.
        margins: as of `compare_sides`.
        say: told which run begins.

    Raises:
        UsageError: a version does not run the configuration to its end, or runs a series; a margin of no metric.
        IncomparableError: the two make different experiments of the file.
    """
    turns = take_turns(config, versions, rounds=rounds, say=say)
    return until_settled(compare_sides(old, new, margins=margins, share=look.share) for old, new, look in turns)


def until_settled(comparisons: Iterable[Comparison]) -> Comparison:
    """The first whose times are decided, else the last."""
    every = iter(comparisons)
    found = next(every)
    while not found.times_are_settled and (later := next(every, None)):
        found = later
    return found


def take_turns(
    config: Path, versions: Versions, *, rounds: int, say: Callable[[str], object]
) -> Iterator[tuple[Side, Side, Look]]:
    """Both sides of a comparison at each look; no round is made before it is asked for.

    Raises:
        UsageError: a version does not run the configuration to its end, or runs a series.
    """
    found: tuple[list[Side], list[Side]] = ([], [])
    for look in looks(rounds):
        for i in range(len(found[0]), look.rounds):
            for which in order_of(i):
                say(f"round {i + 1} of at most {rounds}: {versions[which].name}")
                found[which].append(run_alone(config, versions[which]))
        old, new = (in_rounds(sides) for sides in found)
        yield dataclasses.replace(old, environment=new.environment), new, look


def order_of(turn: int) -> tuple[int, int]:
    """Which of the two comes first in a round."""
    return (0, 1) if turn % 2 == 0 else (1, 0)


def run_alone(config: Path, version: Version, *, overrides: Sequence[str] = ()) -> Side:
    """A run in a process and a folder of its own.

    Raises:
        UsageError: the version does not run the configuration to its end, or runs a series.
    """
    with tempfile.TemporaryDirectory(prefix="sgmbench-") as folder:
        version.run(config, Path(folder), overrides=overrides)
        made = runs_of(Path(folder))
        if len(made) != 1:
            raise UsageError(f"{config} makes {len(made)} runs; write a file of one experiment")
        registry.import_unpackaged(made[0].record["configuration"]["metrics"])  # the user's own file names them
        return dataclasses.replace(side_of(made[0]), path=version.name)


def in_rounds(sides: list[Side]) -> Side:
    """The first side with the seconds of all; those of the processors tell nothing where a device does the work."""
    cells = {name: _in_rounds([side.cells.get(name) for side in sides]) for name in sides[0].cells}
    if "CPU" not in sides[0].environment.get("device", "CPU"):
        cells = {name: dataclasses.replace(cell, cpu_seconds=0.0, cpu_rounds=()) for name, cell in cells.items()}
    return dataclasses.replace(sides[0], cells=cells)


def _in_rounds(cells: Sequence[CellRecord | None]) -> CellRecord:
    failed = [cell for cell in cells if cell is not None and cell.status == "failed"]
    if failed:
        return failed[0]
    ran = [cell for cell in cells if cell is not None]
    return dataclasses.replace(
        ran[0],
        seconds=min(cell.seconds for cell in ran),
        cold_seconds=min(cell.cold_seconds for cell in ran),
        cpu_seconds=min(cell.cpu_seconds for cell in ran),
        rounds=tuple(cell.seconds if cell is not None else math.nan for cell in cells),
        cpu_rounds=tuple(cell.cpu_seconds if cell is not None else math.nan for cell in cells),
    )
