"""Epistemic against aleatoric, by every method: writes `results/benchmarks/decomposition.md`.

make bench-decomposition                          some 10 minutes on one core

`configs/decomposition.yaml`, with more runs of the truth and more replicates: nested Monte Carlo, what learns from the
conditions alone, and a network that sees the porosity of each run. Two things are asked of the electrode:

    S = Var E[y given z] / Var y of each field           errors by `metrics/variance_shares.py`, signed
    the law over z of P(y > t given z)                   W1 and the error of its standard deviation, `exceedance_law.py`

Replicates have runs of their own and one truth. Who wins is by mean absolute errors; methods that share a replicate are
compared by their differences over replicates, with Student's interval.

Called again it goes on from what is there, cell by cell.
"""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from cores import cores
from jaxtyping import Float

from sgmbench import api
from sgmbench.api import Answer
from sgmbench.cli.progress import terminal_progress
from sgmbench.errors import UsageError
from sgmbench.report.format import percent, seconds, several
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.terminal import bounded
from sgmbench.report.worth import BY_SHARE
from sgmbench.runner.environment import environment
from sgmbench.statistics.intervals import t_half_width

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "decomposition.yaml"
RESULTS = ROOT / "results"
REPLICATES = 5
OVERRIDES = ("name=decomposition_truth", f"replicates={REPLICATES}", "reference.size=100000")
ALL = "all"
"""The one condition of a decomposition."""


def main() -> None:
    """Runs the experiment, or goes on with it, and writes the page."""
    start = time.perf_counter()
    answer = run()
    page = "\n".join(lines(answer, minutes=(time.perf_counter() - start) / 60)) + "\n"
    (RESULTS / "benchmarks" / "decomposition.md").write_text(page)
    sys.stdout.write(page)


def run() -> Answer:
    """Goes on with the run, or begins it."""
    with terminal_progress(quiet=False) as progress:
        options: dict[str, Any] = {"overrides": OVERRIDES, "results": RESULTS, "progress": progress}
        try:
            return api.run(CONFIG, **options, resume=True)
        except UsageError:  # there is none yet; what else is wrong is said again
            return api.run(CONFIG, **options)


def lines(answer: Answer, *, minutes: float) -> list[str]:
    """The page."""
    where, (target,) = environment(), answer.summary.targets
    condition = target.conditions[ALL]
    truth, size = condition["decomposition"], condition["size"]
    shares, events = truth["shares"], truth["events"]
    return [
        "# Epistemic and aleatoric",
        "",
        f"Made by `make bench-decomposition` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}, {cores()}, in {minutes:.0f} minutes. `configs/decomposition.yaml`: porous electrode, "
        f"{REPLICATES} replicates. The truth is of {size:,} runs, {truth['inner']} at each of {truth['values_of_z']:,} "
        "z; what learns is asked at these and may fall below the floor, which has other z, as nested Monte Carlo has. "
        "Intervals are of 95 % over replicates, of the truth over its z. The network sees the porosity of each run, "
        "the others do not.",
        "",
        *(f"- {sentence}" for sentence in sentences(target, list(shares), list(events))),
        "",
        *(line for field in shares for line in of_share(target, field)),
        *(line for event in events for line in of_law(target, event)),
    ]


def sentences(target: TargetSummary, fields: list[str], events: list[str]) -> Iterator[str]:
    """Who wins."""
    for field in fields:
        yield f"Share of the variance of {field} that is epistemic: {winner(target, share_of(field))}"
    for event in events:
        yield f"Law over z of P({event.replace('/', ' ')}): {winner(target, law_of(event))}"


def winner(target: TargetSummary, part: str) -> str:
    """The method of the least mean absolute error, and those that it cannot be told from."""
    errors = {line.method: np.abs(errors_of(line, part)) for line in whole(target)}
    ranked = sorted(errors, key=lambda name: float(errors[name].mean()))
    best, *others = ranked
    alike = [name for name in others if not apart(errors[name], errors[best])]
    told = f"not told from {several(alike)}" if alike else "told from all others"
    second = f"; {others[0]} has {float(errors[others[0]].mean()):.2g}" if others else ""
    return f"**{best}** is nearest, {float(errors[best].mean()):.2g} off on average, {told}{second}."


def whole(target: TargetSummary) -> list[Line]:
    """Methods of which every replicate is usable."""
    return [line for line in target.lines if not line.failed and line.is_usable]


def apart(worse: Float[np.ndarray, " r"], better: Float[np.ndarray, " r"]) -> bool:
    """Whether the mean difference over replicates is beyond its interval."""
    return float(np.mean(worse - better)) > t_half_width(worse - better)


def of_share(target: TargetSummary, field: str) -> list[str]:
    """What each method makes of one field's variance."""
    known = target.conditions[ALL]["decomposition"]["shares"][field]
    floor, found = target.floor(share_of(field)), hundredths(known["share"] + target.floor(share_of(field)))
    return [
        f"## Variance of {field}",
        "",
        f"{hundredths(known['share'])} is epistemic, from {hundredths(known['low'])} to {hundredths(known['high'])}. "
        "Errors of the share, and of both variances in shares of their sum; N_eq: runs of nested Monte Carlo at its "
        "best number a z with as small an error of the share.",
        "",
        "| method | runs | share found | its error | epistemic | aleatoric | N_eq | training |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(share_row(line, field, known["share"]) for line in target.lines),
        f"| floor: an independent set of the truth's size | | {found} | {floor:+.4f} | | | | |",
        "",
    ]


def share_row(line: Line, field: str, true: float) -> str:
    """One method."""
    if line.failed == line.replicates:
        return f"| {line.method} | {line.budget:,} | failed: {line.reason} | | | | | |"
    error = errors_of(line, share_of(field))
    parts = [interval(errors_of(line, f"variance_shares/{field}/{name}")) for name in ("epistemic", "aleatoric")]
    worth = line.equivalent.get(BY_SHARE + field, {}).get(ALL)
    training = seconds(line.seconds["train"] + line.seconds["compile"]) if line.kind == "generator" else ""
    return (
        f"| {called(line)} | {line.budget:,} | {hundredths(true + float(error.mean()))} | {interval(error)} | "
        f"{' | '.join(parts)} | {bounded(worth) if worth else '-'} | {training} |"
    )


def of_law(target: TargetSummary, event: str) -> list[str]:
    """What each method makes of the law of one event's probability."""
    known, floor = target.conditions[ALL]["decomposition"]["events"][event], target.floor(law_of(event))
    return [
        f"## P({event.replace('/', ' ')}) given z",
        "",
        f"{percent(known['probability'])} on average, with a standard deviation of {percent(known['sd'])} from z to z.",
        "",
        "| method | runs | W1 of the law | over the floor | error of the standard deviation |",
        "|---|---|---|---|---|",
        *(law_row(line, event, floor) for line in target.lines if line.failed < line.replicates),
        f"| floor: an independent set of the truth's size | | {floor:.4f} | 1 | "
        f"{target.floor(f'{law_of(event)}/sd'):+.4f} |",
        "",
    ]


def law_row(line: Line, event: str, floor: float) -> str:
    """One method."""
    distance, sd = (errors_of(line, part) for part in (law_of(event), f"{law_of(event)}/sd"))
    return (
        f"| {called(line)} | {line.budget:,} | {interval(distance, sign='')} | {float(distance.mean()) / floor:.1f} | "
        f"{interval(sd)} |"
    )


def called(line: Line) -> str:
    """Its name, and what is the matter with it."""
    return f"{line.method} (invalid)" if line.invalid else line.method


def errors_of(line: Line, part: str) -> Float[np.ndarray, " r"]:
    """Over replicates."""
    return np.array(line.replicate_errors[part][ALL])


def interval(errors: Float[np.ndarray, " r"], *, sign: str = "+") -> str:
    """-0.0123 +- 0.0045."""
    half = f" +- {t_half_width(errors):.4f}" if len(errors) > 1 else ""
    return f"{float(errors.mean()):{sign}.4f}{half}"


def hundredths(share: float) -> str:
    """97.79 %."""
    return f"{100 * share:.2f} %"


def share_of(field: str) -> str:
    """Where the error of a share is."""
    return f"variance_shares/{field}/share"


def law_of(event: str) -> str:
    """Where the distance of a law is."""
    return f"exceedance_law/{event}"


if __name__ == "__main__":
    main()
