"""Turns: two versions run one configuration in turn, in one job on one machine, so that seconds can be compared.

    A B,   B A,   A B,   ...

Each run is a process of its own with an empty results folder, so that nothing is found in a cache. A cell's seconds are
the least of all rounds: what disturbs a run only adds to it, and what slows the machine down for a while slows both
versions. Errors and counts are those of the first round; the same keys give the same numbers in each. There is one
machine, whatever an older version says of it.
"""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

from sgmbench.compare.side import CellRecord, Side, side_of
from sgmbench.compare.versions import Version
from sgmbench.errors import UsageError
from sgmbench.store.run_folder import runs_of

ROUNDS = 3


def take_turns(
    config: Path, versions: tuple[Version, Version], *, rounds: int = ROUNDS, say: Callable[[str], object]
) -> tuple[Side, Side]:
    """Both sides of a comparison.

    Args:
        config: a YAML file of one experiment.
        versions: old and new.
        rounds: how often each runs.
        say: told which run begins.

    Raises:
        UsageError: a version does not run the configuration to its end, or runs a series.
    """
    found: tuple[list[Side], list[Side]] = ([], [])
    for i in range(rounds):
        for which in (0, 1) if i % 2 == 0 else (1, 0):
            say(f"round {i + 1} of {rounds}: {versions[which].name}")
            found[which].append(_run(config, versions[which]))
    old, new = (_least_seconds(sides) for sides in found)
    return dataclasses.replace(old, environment=new.environment), new


def _run(config: Path, version: Version) -> Side:
    with tempfile.TemporaryDirectory(prefix="sgmbench-") as folder:
        version.run(config, Path(folder))
        made = runs_of(Path(folder))
        if len(made) != 1:
            raise UsageError(f"--ab: {config} makes {len(made)} runs; write a file of one experiment")
        return dataclasses.replace(side_of(made[0]), path=version.name)


def _least_seconds(sides: list[Side]) -> Side:
    """The first side with the least seconds of all."""
    cells = {name: _least([side.cells[name] for side in sides if name in side.cells]) for name in sides[0].cells}
    return dataclasses.replace(sides[0], cells=cells)


def _least(cells: list[CellRecord]) -> CellRecord:
    return dataclasses.replace(
        cells[0],
        seconds=min(cell.seconds for cell in cells),
        cold_seconds=min(cell.cold_seconds for cell in cells),
    )
