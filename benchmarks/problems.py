"""Checks every built-in problem that has a solver and writes `results/benchmarks/problems.md` and `results/problems/`.

make bench-problems                               some minutes on two cores, otherwise idle
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from sgmbench import api, registry
from sgmbench.config.load import build
from sgmbench.core.problem import Problem, Traceable
from sgmbench.report.format import count
from sgmbench.statistics.discretization import cap
from sgmbench.studies.check_problem import ProblemCheck

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "problems.md"
COLUMNS = (
    "problem",
    "z",
    "xi",
    "y",
    "runs/s",
    "chunk",
    "order",
    "delta",
    "delta law",
    "at a fixed z",
    "N_eq cap",
    "float32: median",
    "largest",
    "corners failed",
    "constraints",
    "verdict",
)


def main() -> None:
    """Checks them one by one and writes the page."""
    checks: dict[str, ProblemCheck] = {}
    problems = dict(solvable())
    for name in problems:
        sys.stderr.write(f"{name}\n")
        checks[name] = api.check_problem(name, results=ROOT / "results")
    device = next(iter(checks.values())).device
    page = [
        "# Problems",
        "",
        f"Made by `make bench-problems` on {datetime.now(UTC):%Y-%m-%d}: {device}. Each row is what "
        "`sgmbench check-problem NAME` finds: observed "
        "order and error delta under refinement with the same germ (path by path, "
        "of the law, and of the law at a fixed z), "
        "float32 against float64 and constraint residuals in output standard deviations, failed runs at the corners "
        "zeta = +-3 of the prior, warm runs a second from the prior at the best chunk size.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(row(name, problems[name], check))} |" for name, check in checks.items()),
        "",
        *(f"- {name}: {warning}." for name, check in checks.items() for warning in check.warnings),
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def solvable():
    """Names of the built-in problems that run in JAX, with the problem at its defaults."""
    for name in registry.builtin("problems"):
        if issubclass(registry.load("problems", name), Traceable):
            yield name, build("problems", name)


def row(name: str, problem: Problem, check: ProblemCheck) -> list[str]:
    """The findings about one problem, in the order of the columns."""
    found, single = check.refinement, check.precision
    order = "" if found is None or found.order is None else f"{found.order:.2f}"
    at_condition = "" if found is None or found.delta_law_at_condition is None else _range(found.delta_law_at_condition)
    return [
        name,
        str(len(problem.parameters)),
        f"{problem.germ_dimension:,}",
        f"{problem.layout.size:,}",
        count(check.speed.runs_per_second),
        f"{check.speed.chunk:,}",
        order,
        "" if found is None else f"{found.delta:.2g}",
        "" if found is None else _range(found.delta_law),
        at_condition,
        "" if found is None else count(cap(max(found.delta_law[1], (found.delta_law_at_condition or (0.0, 0.0))[1]))),
        "" if single is None else f"{single.median:.2g}",
        "" if single is None else f"{single.largest:.2g}",
        f"{check.corners_failed:.0%} of {check.corners}",
        ", ".join(f"{residual:.1g}" for residual in check.residuals.values()),
        check.verdict,
    ]


def _range(interval: tuple[float, float]) -> str:
    return " to ".join(f"{bound:.2g}" for bound in interval)


if __name__ == "__main__":
    main()
