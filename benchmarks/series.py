"""Who wins where: runs a series and writes `results/benchmarks/SERIES.md`.

make bench-shootout                                                less than an hour on two cores, otherwise idle
make bench-posteriors                                              likewise, configs/posteriors.yaml
python benchmarks/series.py shootout replicates=1 'budgets=[50]'   with changes, only printed

Called again it goes on from what is there, cell by cell. Replicates run the same programs on other numbers; these are
compiled once and kept, since most of the time would go into compiling them again.
"""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import jax

from sgmbench import api
from sgmbench.api import SeriesAnswer
from sgmbench.cli.progress import terminal_progress
from sgmbench.config.series import load_series
from sgmbench.errors import UsageError
from sgmbench.report.series import Member
from sgmbench.report.series_table import CAPTION, HEADER, rows_of, series_sentences
from sgmbench.runner.environment import environment

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
TITLES = {"shootout": "Shootout", "posteriors": "Posteriors: chains against what learns from as many solver calls"}


def main() -> None:
    """Runs the series, or goes on with it, and writes the page; with changes it is printed alone."""
    series, *overrides = sys.argv[1:]
    config, started = ROOT / "configs" / f"{series}.yaml", time.perf_counter()
    jax.config.update("jax_compilation_cache_dir", str(RESULTS / ".cache" / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    load_series(config, overrides)  # what is wrong with it is not mistaken for nothing to resume
    done, was_there = run(config, overrides)
    minutes = (time.perf_counter() - started) / 60
    page = "\n".join(lines(series, done, minutes=minutes, was_there=was_there)) + "\n"
    if not overrides:
        (RESULTS / "benchmarks" / f"{series}.md").write_text(page)
    sys.stdout.write(page)


def run(config: Path, overrides: list[str]) -> tuple[SeriesAnswer, bool]:
    """The answer, and whether a part of it was there."""
    options = {"overrides": overrides, "results": RESULTS, "progress": partial(terminal_progress, quiet=False)}
    try:
        return api.run_series(config, **options, resume=True), True
    except UsageError:  # there is none yet
        return api.run_series(config, **options), False


def lines(series: str, done: SeriesAnswer, *, minutes: float, was_there: bool) -> list[str]:
    """The page."""
    where, configuration = environment(), done.entries[0].answer.summary.record["configuration"]
    labels = dict.fromkeys(label for each in done.members for label in (*each.summary.methods, *each.left_out))
    of_last = ", the last part of it" if was_there else ""
    return [
        f"# {TITLES[series]}",
        "",
        f"Made by `make bench-{series}` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}, "
        f"in {minutes:.0f} minutes{of_last}. `configs/{series}.yaml`: {len(done.entries)} problems, {len(labels)} "
        f"methods, {configuration['replicates']} replicates, which share compiled programs, so that the seconds of a "
        "method have its compilation about once for all of them. `sgmbench show "
        f"{configuration['name']}` and the like print the whole table of a problem.",
        "",
        " ".join(CAPTION.splitlines()),
        "",
        f"| {' | '.join(HEADER)} |",
        f"|{'---|' * len(HEADER)}",
        *table(done.members),
        "",
        *(f"- {sentence}" for sentence in series_sentences(done.members)),
        "",
    ]


def table(members: list[Member]) -> Iterator[str]:
    """The rows, lines of a cell below each other."""
    for row in rows_of(members):
        yield f"| {' | '.join(row)} |".replace("\n", "<br>")


if __name__ == "__main__":
    main()
