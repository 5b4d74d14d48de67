"""What is learned from 20 to 1,000 runs: writes `results/benchmarks/few_runs.md` and `few_runs.svg`.

make bench-few-runs                               about 20 minutes on two cores, otherwise idle

`configs/few_runs.yaml` on four laws of 2 to 128 outputs, and on its mixture in fewer and more dimensions. Two numbers
tell what a method makes of N runs:

    amplification     N_eq / N by energy distance: 1 for the bootstrap in expectation, below 1 where learning loses
    copies            share of samples that are nearly one of the training runs (`sgmbench/learning/memorization.py`)

Called again it goes on from what is there, cell by cell.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import numpy as np
from few_runs_figure import COPIED, Case, draw

from sgmbench import api
from sgmbench.api import Answer
from sgmbench.cli.progress import terminal_progress
from sgmbench.config.load import load
from sgmbench.core.result import Result
from sgmbench.errors import UsageError
from sgmbench.report.format import several
from sgmbench.report.summary import Line
from sgmbench.report.worth import ENERGY
from sgmbench.runner.environment import environment

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "few_runs.yaml"
RESULTS = ROOT / "results"
OUTPUT = RESULTS / "benchmarks" / "few_runs.md"
SOME = "budgets=[100, 1000]"
LAWS: dict[str, tuple[str, ...]] = {
    "few_runs_eight_points": ("problem=eight_points",),
    "few_runs_mixture": (),
    "few_runs_double_well": ("problem=double_well",),
    "few_runs_burgers": ("problem=burgers",),
    "few_runs_mixture_2": ("problem.dimension=2", SOME),
    "few_runs_mixture_32": ("problem.dimension=32", SOME),
}
TOO_FEW = "too few held-out runs to tell"
ALARMS = ("copies training runs", "leans on training runs")


def main() -> None:
    """Runs the laws one after another, and writes the page and its figure."""
    cases: list[Case] = []
    for name, changes in LAWS.items():
        sys.stderr.write(f"{name}\n")
        overrides = (f"name={name}", *changes)
        dimension = load(CONFIG, overrides).experiment.problem.layout.size
        cases += cases_of(run(overrides), dimension)
    draw(OUTPUT.with_suffix(".svg"), cases)
    page = "\n".join(lines(cases)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def run(overrides: tuple[str, ...]) -> Answer:
    """Goes on with the run of a law, or begins it."""
    with terminal_progress(quiet=False) as progress:
        try:
            return api.run(CONFIG, overrides=overrides, resume=True, results=RESULTS, progress=progress)
        except UsageError:  # there is none yet; what else is wrong is said again
            return api.run(CONFIG, overrides=overrides, results=RESULTS, progress=progress)


def cases_of(answer: Answer, dimension: int) -> Iterator[Case]:
    """One for each method and number of runs."""
    problem = answer.summary.record["configuration"]["problem"]["kind"]
    for line in answer.summary.targets[0].lines:
        same = [each for each in answer.summary.results if (each.method, each.budget) == (line.method, line.budget)]
        yield case_of(line, same, problem, dimension)


def case_of(line: Line, results: list[Result], problem: str, dimension: int) -> Case:
    """From a line of the summary and its replicates."""
    amplification, interval, is_bound = float("nan"), None, False
    if line.equivalent:
        worth = line.median(ENERGY)
        amplification, is_bound = worth.value / line.budget, worth.at_least
        if worth.low is not None and worth.high is not None:
            interval = (worth.low / line.budget, worth.high / line.budget)
    found = [each.diagnostics["memorization"] for each in results if "memorization" in each.diagnostics]
    found = [each for each in found if each["copies"] is not None]  # no number where no sample is finite
    verdicts = [each["verdict"] for each in found if each["verdict"] != TOO_FEW]
    return Case(
        problem,
        dimension,
        line.method,
        line.budget,
        amplification,
        interval,
        is_bound,
        1.0 if line.method == COPIED else mean_of([each["copies"] for each in found]),
        mean_of([each["copies_held_out"] for each in found]),
        (sum(map(verdicts.count, ALARMS)), len(verdicts)),
    )


def mean_of(shares: list[float]) -> float:
    """Over replicates, NaN of none."""
    return float(np.mean(shares)) if shares else float("nan")


def lines(cases: list[Case]) -> list[str]:
    """The page."""
    where, experiment = environment(), load(CONFIG, ()).experiment
    methods = list(dict.fromkeys(case.method for case in cases))
    learned = [method for method in methods if method != COPIED]
    columns = [*(f"{method}: N_eq / N" for method in methods), *(f"{method}: copies" for method in learned)]
    return [
        "# From few runs",
        "",
        f"Made by `make bench-few-runs` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}.",
        f"`configs/few_runs.yaml`, {experiment.replicates} replicates. Amplification N_eq / N is by energy distance "
        "(field L2), with its 95 % interval over replicates: 1 means that what was learned is worth the runs that it "
        f"was learned from. The {COPIED} hands training runs back: its amplification is 1 in expectation, so that its "
        "column shows what replicates scatter by, and all its samples are copies by construction.",
        "",
        "Copies: share of samples nearer to one training run than a third of the distance to the next; in parentheses "
        "the same share of runs that were left out, which is what chance makes; then the replicates in which a test at "
        ".01 finds more copies than that, or samples nearer to training runs than to runs left out, of those where it "
        "could tell. Where runs repeat each other, "
        "as those of a law of few values do, there is no telling a copy from a sample.",
        "",
        "![amplification and copies](few_runs.svg)",
        "",
        f"| problem | d | N | {' | '.join(columns)} |",
        f"|---|---|---|{'---|' * len(columns)}",
        *rows(cases, methods, learned),
        "",
        *findings([case for case in cases if case.method != COPIED]),
    ]


def rows(cases: list[Case], methods: list[str], learned: list[str]) -> Iterator[str]:
    """One for each law and number of runs."""
    law = lambda case: (case.problem, case.dimension, case.runs)  # noqa: E731
    order = {key: i for i, key in enumerate(dict.fromkeys(case.problem for case in cases))}
    ranked = sorted(cases, key=lambda case: (order[case.problem], *law(case)))
    for (problem, dimension, runs), group in groupby(ranked, key=law):
        by = {case.method: case for case in group}
        cells = [*(amplification(by[method]) for method in methods), *(copies(by[method]) for method in learned)]
        yield f"| {problem} | {dimension} | {runs:,} | {' | '.join(cells)} |"


def amplification(case: Case) -> str:
    """0.83 (0.61 to 1.1)."""
    if np.isnan(case.amplification):
        return "failed"
    if case.is_bound:
        return f"at least {case.amplification:.2g}"
    ends = f" ({case.interval[0]:.2g} to {case.interval[1]:.2g})" if case.interval else ""
    return f"{case.amplification:.2g}{ends}"


def copies(case: Case) -> str:
    """12 % (1 %), 3 of 5."""
    if np.isnan(case.copies):
        return "-"
    if case.repeats:
        return "runs repeat"
    told = f", {case.told[0]} of {case.told[1]}" if case.told[1] else ""
    return f"{100 * case.copies:.1f} % ({100 * case.copies_by_chance:.1f} %){told}"


def findings(cases: list[Case]) -> list[str]:
    """Where amplification is below 1 and where above, as far as the intervals tell, and where runs are copied."""
    known = [case for case in cases if not np.isnan(case.amplification)]
    copied = lambda case: not case.repeats and 2 * case.told[0] > case.told[1]  # noqa: E731
    return [
        *finding("Amplification is below 1, interval and all", known, lambda case: side(case) < 0),
        *finding("It is above 1, interval and all", known, lambda case: side(case) > 0),
        *finding("It cannot be told from 1", known, lambda case: side(case) == 0),
        *finding("Training runs are copied or leaned on in most replicates", cases, copied),
    ]


def side(case: Case) -> int:
    """On which side of 1 the amplification is, interval and all: -1 or 1, and 0 where that cannot be told."""
    if case.is_bound:
        return int(case.amplification > 1)
    low, high = case.interval or (0.0, np.inf)
    return int(low > 1) - int(high < 1)


def finding(said: str, cases: list[Case], holds: Callable[[Case], bool]) -> list[str]:
    """How many cases it holds for, and for each law which."""
    found = [case for case in cases if holds(case)]
    if not found:
        return [f"{said}: nowhere.", ""]
    law = lambda case: (case.method, case.problem, case.dimension)  # noqa: E731
    listed = [
        f"- {method} on {problem} (d = {dimension}) from {several([f'{case.runs:,}' for case in group])} runs"
        for (method, problem, dimension), group in groupby(sorted(found, key=law), key=law)
    ]
    return [f"{said}, in {len(found)} of {len(cases)} cases:", "", *listed, ""]


if __name__ == "__main__":
    main()
