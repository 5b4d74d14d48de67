"""Can a problem's solver be trusted? Precision, convergence, constraints, failures and speed, and a verdict.

A truth that is itself off, or that fails where the prior is extreme, makes every comparison against it worthless; this
study comes before any other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from sgmbench.config.dump import dump
from sgmbench.core.problem import Constrained, Hosted, Problem, Traceable
from sgmbench.core.progress import Progress, silent
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.errors import UsageError
from sgmbench.metrics.constraints import Constraints
from sgmbench.runner.environment import environment
from sgmbench.runner.runnable import check_runnable
from sgmbench.statistics.discretization import cap
from sgmbench.studies.corners import failed_at_corners
from sgmbench.studies.evaluate import Inputs, draw_inputs, evaluate
from sgmbench.studies.precision import Precision, compare_precisions
from sgmbench.studies.refinement import Refinement, refine
from sgmbench.studies.speed import Speed, measure_speed

RUNS = 256
LARGEST_DELTA = 0.1  # output standard deviations
LARGEST_RESIDUAL = 1e-6  # output standard deviations
MOST_FAILED = 0.05
ENOUGH_RUNS = 10_000  # equivalent runs that a comparison may want to tell apart: the default size of a reference


@dataclass(frozen=True)
class ProblemCheck:
    """Findings about one problem.

    Attributes:
        configuration: the problem's `kind` and hyperparameters.
        runs: how many runs were drawn from the prior for each finding.
        failed: fraction of them that gave NaN or infinity.
        corners_failed: fraction of the runs at the prior's corners that did.
        corners: how many of these were run.
        precision: float32 against float64; None where the solver's precision cannot be chosen or nothing varies.
        refinement: what coarser levels say; None where there are none.
        residuals: largest violation of each constraint, in standard deviations of its field.
        speed: runs a second.
        warnings: what is wrong, or not known, in sentences.
        verdict: "sound", "limited" (read the warnings) or "unsound".
        device: where it was measured.
        date: when.
    """

    configuration: dict[str, Any]
    runs: int
    failed: float
    corners_failed: float
    corners: int
    precision: Precision | None
    refinement: Refinement | None
    residuals: dict[str, float]
    speed: Speed
    warnings: tuple[str, ...]
    verdict: Literal["sound", "limited", "unsound"]
    device: str
    date: str


def check_problem(problem: Problem, *, runs: int = RUNS, progress: Progress = silent) -> ProblemCheck:
    """Runs the study.

    Raises:
        UsageError: the problem cannot be run, or all its runs fail.
    """
    if not isinstance(problem, Traceable | Hosted):
        raise UsageError(f"{type(problem).__name__} has no solver to check: its runs have been made before")
    check_runnable(problem)
    steps = iter(range(1, 6))

    def report(what: str) -> None:
        progress("check", next(steps), 5, what)

    inputs = draw_inputs(problem, runs, label="runs")
    y = evaluate(problem, inputs)
    good = np.all(np.isfinite(y), axis=1)
    if good.sum() < 2:
        raise UsageError(f"{runs - int(good.sum())} of {runs} solver runs gave NaN or infinity; mend the solver first")
    report("float32 against float64")
    precision = compare_precisions(problem, inputs, y) if isinstance(problem, Traceable) else None
    report("levels")
    refinement = refine(problem, inputs, y, _other_germs(problem, inputs))
    report("corners of the prior")
    corners_failed, corners = failed_at_corners(problem)
    found: dict[str, Any] = {
        "failed": float(np.mean(~good)),
        "corners_failed": corners_failed,
        "precision": precision,
        "refinement": refinement,
        "residuals": _residuals(problem, y[good]),
    }
    report("speed")
    speed = measure_speed(problem)
    report("")
    faults, remarks = _findings(**found)
    return ProblemCheck(
        configuration=dump(problem),
        runs=runs,
        corners=corners,
        speed=speed,
        warnings=(*faults, *remarks),
        verdict="unsound" if faults else "limited" if remarks else "sound",
        device=environment()["device"],
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        **found,
    )


def _other_germs(problem: Problem, inputs: Inputs) -> tuple[Inputs, np.ndarray] | None:
    """Runs at the same z with other germs; None where z or xi is empty."""
    if not problem.parameters or not problem.germ_dimension:
        return None
    others = inputs[0], draw_inputs(problem, len(inputs[0]), label="other germs")[1]
    return others, evaluate(problem, others)


def _residuals(problem: Problem, y: np.ndarray) -> dict[str, float]:
    if not isinstance(problem, Constrained):
        return {}
    reference = Reference(y, problem, None)
    return Constraints().score(Samples.equally_weighted(y, problem.layout, is_law=False), reference)


def _findings(
    failed: float,
    corners_failed: float,
    precision: Precision | None,
    refinement: Refinement | None,
    residuals: dict[str, float],
) -> tuple[list[str], list[str]]:
    """What makes a problem unsound, and what limits its use."""
    faults, remarks = [], []
    for share, where in ((failed, "drawn from the prior"), (corners_failed, "at the prior's corners")):
        if share:
            said = f"{share:.1%} of the runs {where} failed; narrow the prior or mend the solver"
            (faults if share > MOST_FAILED else remarks).append(said)
    if precision is not None and (precision.failed or not precision.median < LARGEST_DELTA):
        remarks.append(f"{_float32(precision)}; never run this solver in single precision")
    for name, residual in residuals.items():
        if not residual < LARGEST_RESIDUAL:
            faults.append(f"the constraint {name} is violated by {residual:.2g} standard deviations; mend the solver")
    if refinement is not None:
        _judge_refinement(refinement, faults, remarks)
    return faults, remarks


def _float32(precision: Precision) -> str:
    if precision.failed:
        return f"in float32 {precision.failed:.2%} of the runs fail"
    return f"in float32 {precision.field} is off by {precision.median:.2g} standard deviations (median)"


def _judge_refinement(refinement: Refinement, faults: list[str], remarks: list[str]) -> None:
    field = refinement.field
    intervals = ((refinement.delta_law, ""), (refinement.delta_law_at_condition or (0.0, 0.0), " at a fixed z"))
    for (low, high), where in intervals:
        if low > LARGEST_DELTA:
            said = f"the discretization error of {field} is at least {low:.2g} of its standard deviation{where}"
            faults.append(f"{said}, more than a tenth; refine")
        elif cap(high) < ENOUGH_RUNS:
            remarks.append(f"equivalent runs above {cap(high):,.0f}{where} may mean nothing: the solver may err more")
    if not faults and refinement.delta > LARGEST_DELTA:
        remarks.append(
            f"single paths of {field} differ by {refinement.differences[0]:.2g} standard deviations between levels: "
            "only laws can be compared, and coarser levels are poor control variates"
        )
    elif refinement.order is not None and refinement.order < 0.5:
        remarks.append(f"refinement shows no order (slope {refinement.order:.2f}): {field} has not converged")
