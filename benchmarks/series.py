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
from sgmbench.report.format import count
from sgmbench.report.series import Member
from sgmbench.report.series_table import CAPTION, HEADER, rows_of, series_sentences
from sgmbench.report.summary import Line
from sgmbench.report.terminal import bounded
from sgmbench.runner.environment import environment

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
TITLES = {"shootout": "Shootout", "posteriors": "Posteriors: chains against what learns from as many solver calls"}
MOST = 6  # methods that stand side by side
WORTH = (
    "Equivalent runs by energy at the median condition, 95 % t-interval over replicates: of a posterior, so many "
    "independent draws of it. Invalid: some cell is, and wins nothing. Chains: the largest R-hat and the smallest bulk "
    "ESS of a parameter over conditions and replicates."
)


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
        *(worths(done.members, list(labels)) if len(labels) <= MOST else ()),
        *(f"- {sentence}" for sentence in series_sentences(done.members)),
        "",
    ]


def table(members: list[Member]) -> Iterator[str]:
    """The rows, lines of a cell below each other."""
    for row in rows_of(members):
        yield f"| {' | '.join(row)} |".replace("\n", "<br>")


def worths(members: list[Member], labels: list[str]) -> Iterator[str]:
    """All methods side by side at each budget, and what chains tell of themselves."""
    yield from (
        WORTH,
        "",
        f"| problem | runs | {' | '.join(labels)} | chains |",
        "|---|---|" + "---|" * (len(labels) + 1),
    )
    for member in members:
        for target in member.summary.targets:
            lines = {(line.budget, line.method): line for line in target.lines}
            for budget in sorted({budget for budget, _ in lines}):
                cells = [worth(lines.get((budget, label))) for label in labels]
                chains = mixed(member, target.name, budget)
                yield f"| {member.label} | {count(budget)} | {' | '.join(cells)} | {chains} |"
    yield ""


def worth(line: Line | None) -> str:
    """1,340 (900-2,000), and whether it is to be trusted."""
    if line is None or line.failed == line.replicates:
        return "failed" if line else ""
    runs = line.median()
    interval = "" if runs.low is None or runs.high is None else f" ({count(runs.low)}-{count(runs.high)})"
    some = f", {line.failed} of {line.replicates} failed" if line.failed else ""
    return f"{bounded(runs)}{interval}{', invalid' if line.invalid else ''}{some}"


def mixed(member: Member, target: str, budget: int) -> str:
    """R-hat and ESS of the worst chains of a budget."""
    cells = [each for each in member.summary.results if (each.target, each.budget) == (target, budget)]
    told = [of for cell in cells for of in cell.diagnostics.values() if isinstance(of, dict) and "r_hat" in of]
    r_hats, worth = ([v for of in told for v in of[name].values() if v is not None] for name in ("r_hat", "ess_bulk"))
    return f"R-hat {max(r_hats):.2f}, ESS {count(min(worth))}" if r_hats and worth else ""


if __name__ == "__main__":
    main()
