"""Where the germ is known: a surrogate of the electrode's map beside methods that never see it: writes `network.md`.

make bench-network                                some 40 minutes on two cores, otherwise idle

`configs/porous_electrode.yaml` at its listed conditions: a network that is told the porosity field of each run, the
diffusion model and the resampled residuals of the nearest conditions, which are told the conditions alone, and plain
Monte Carlo. They learn from the same runs and are scored against the same references.

With `hide_germ: true` the network is refused before anything runs; what is left of the table is then all there is.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from sgmbench import api
from sgmbench.cli.progress import terminal_progress
from sgmbench.config.load import load
from sgmbench.errors import UsageError
from sgmbench.report.format import count, several
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.terminal import bounded
from sgmbench.report.worth import ENERGIES, ENERGY

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "porous_electrode.yaml"
OUTPUT = ROOT / "results" / "benchmarks" / "network.md"
SURROGATE, REPLICATES = "network", 3
METHODS = [{"kind": "monte_carlo", "budgets": [100, 1000]}, "residual_bootstrap", "diffusion", SURROGATE]
NORMS = dict(zip(ENERGIES, ("field L2", "every coordinate standardized"), strict=True))


class Contest(NamedTuple):
    """The surrogate against the best of those that do not see the germ, by energy.

    Attributes:
        runs: learned from.
        won: conditions at which it is worth more.
        lost: the others.
        rival: who is best at the median condition.
    """

    runs: int
    won: list[str]
    lost: list[str]
    rival: str


def main() -> None:
    """Runs the experiment and writes the page."""
    with terminal_progress(quiet=False) as progress:
        summary = api.run(CONFIG, overrides=overrides(), results=ROOT / "results", progress=progress).summary
    page = "\n".join(lines(summary)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def overrides() -> list[str]:
    """At the listed conditions alone."""
    listed = yaml.safe_load(CONFIG.read_text())["targets"][0]["conditions"]
    targets = [{"kind": "conditional", "conditions": listed}]
    return [
        f"name={SURROGATE}",
        f"replicates={REPLICATES}",
        f"targets={json.dumps(targets)}",
        f"methods={json.dumps(METHODS)}",
    ]


def lines(summary: Summary) -> list[str]:
    """The page."""
    where, (target,) = summary.record["environment"], summary.targets
    conditions = [f"{name} {condition_of(target, name)}" for name in target.listed]
    return [
        "# A network that sees the germ",
        "",
        f"Made by `make bench-network` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}. "
        f"Porous electrode, {REPLICATES} replicates; {SURROGATE} sees the porosity of each run, the others do not.",
        "",
        *(f"> {sentence(contest)}\n>" for contest in contests(target)),
        f"> With `hide_germ: true`: {hidden(target)}",
        "",
        *(row for metric, norm in NORMS.items() for row in table(target, conditions, metric, norm)),
        f"Conditions: {'; '.join(conditions)} (correlation length in L, equilibrium potential in V, boundary flux in "
        f"A/m^2). References of {target.conditions[target.listed[0]]['size']:,} runs, which resolve a third of that.",
    ]


def condition_of(target: TargetSummary, name: str) -> str:
    """(0.1, 0, 25)."""
    return f"({', '.join(f'{value:g}' for value in target.conditions[name]['z'])})"


def table(target: TargetSummary, conditions: list[str], metric: str, norm: str) -> list[str]:
    """Equivalent runs at each condition, and what they cost."""
    return [
        f"## Equivalent runs by energy, {norm}",
        "",
        f"| method | runs | {' | '.join(name.split()[0] for name in conditions)} | mean, sd of c | of phi | training | "
        "a sample |",
        f"|---|---|{'---|' * len(conditions)}---|---|---|---|",
        *(row(target, line, metric) for line in target.lines),
        "",
    ]


def row(target: TargetSummary, line: Line, metric: str) -> str:
    """One method from so many runs."""
    if not line.equivalent:
        return f"| {line.method} | {line.budget:,} | failed: {line.reason} |"
    worth = " | ".join(bounded(line.equivalent[metric][name]) for name in target.listed)
    moments = " | ".join(
        ", ".join(f"{line.median_error(f'{part}/{field}'):.3f}" for part in ("mean", "standard_deviation"))
        for field in ("c", "phi")
    )
    seconds = line.seconds["train"] + line.seconds["compile"] if line.kind == "generator" else 0.0
    training = f"{seconds:.0f} s" if line.kind == "generator" else ""
    spent = line.seconds_a_sample if line.kind == "generator" else line.seconds["simulate"] / line.solver_runs
    return f"| {line.method} | {line.budget:,} | {worth} | {moments} | {training} | {1e6 * spent:.0f} us |"


def contests(target: TargetSummary) -> list[Contest]:
    """One for each number of runs learned from."""
    return [contest(target, line) for line in seen(target)]


def seen(target: TargetSummary) -> list[Line]:
    """The surrogate's."""
    return [line for line in target.lines if line.method == SURROGATE and line.equivalent]


def contest(target: TargetSummary, ours: Line) -> Contest:
    """Who is worth more where; a lower bound counts as its value."""
    others = rivals(target, ours.budget)
    won = [
        name
        for name in target.listed
        if all(ours.equivalent[ENERGY][name].value > each.equivalent[ENERGY][name].value for each in others)
    ]
    best = max(others, key=lambda each: each.median().value)
    return Contest(ours.budget, won, [name for name in target.listed if name not in won], best.method)


def rivals(target: TargetSummary, budget: int) -> list[Line]:
    """Generators that do not see the germ, from as many runs."""
    return [
        line
        for line in target.lines
        if line.kind == "generator" and line.method != SURROGATE and line.budget == budget and line.equivalent
    ]


def sentence(found: Contest) -> str:
    """Who wins where the germ is known."""
    n = len(found.won) + len(found.lost)
    if not found.won:
        return (
            f"From {found.runs:,} runs the surrogate that sees the germ wins at none of {n} conditions; the best "
            f"without the germ is {found.rival}."
        )
    lost = f", and not at {several(found.lost)}" if found.lost else ""
    return (
        f"From {found.runs:,} runs the surrogate that sees the germ is worth more than every method that does not at "
        f"{len(found.won)} of {n} conditions ({several(found.won)}){lost}; the best without the germ is {found.rival}."
    )


def hidden(target: TargetSummary) -> str:
    """What is said of the network, and who is left."""
    try:
        load(CONFIG, [*overrides(), "hide_germ=true"])
    except UsageError as error:
        refusal = f"methods{str(error).strip().splitlines()[-1].rpartition(': methods')[2]}"
    else:
        raise AssertionError("a surrogate was not refused where the germ is hidden")
    best = {
        line.budget: max(rivals(target, line.budget), key=lambda each: each.median().value) for line in seen(target)
    }
    left = [
        f"from {budget:,} runs {each.method} is worth most at the median condition, {count(each.median().value)} runs"
        for budget, each in best.items()
    ]
    return f"`{refusal}`. Of the others {', and '.join(left)}."


if __name__ == "__main__":
    main()
