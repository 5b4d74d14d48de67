"""How much of the electrode's N_eq is the reference's own draw: `results/benchmarks/porous_electrode_reference.md`.

make bench-electrode-reference                    after make bench-electrode, about 10 minutes on two cores

The D2 of a table is unbiased over references, but all methods and replicates of a condition share one, and its own
error of some mu / n falls on all alike: where one mode makes most of the spread it is a squared normal variable times
that. Here the samples of diffusion at the listed conditions, from the fits of the last run, meet other references of
the same size as well, made by streams of their own, and D2 is averaged over these before it is inverted.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from sgmbench.cells import Description, cells_of
from sgmbench.config.load import build, load
from sgmbench.core.clock import Clock
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import uniform_coordinates
from sgmbench.core.progress import silent
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import Energy
from sgmbench.report.format import count
from sgmbench.runner.artifacts import lesson_of, load_fit, load_training_runs, problem_of, without_digest
from sgmbench.runner.environment import environment
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import find_run

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "porous_electrode_reference.md"
OTHERS = 6


def main() -> None:
    """Scores the samples again and writes the page."""
    experiment = load(ROOT / "configs" / "porous_electrode.yaml").experiment
    run = find_run(ROOT / "results", "porous_electrode")
    cells = [c for c in cells_of(experiment) if c.target == "conditional" and c.method == "diffusion"]
    listed = [condition for condition in cells[0].description["conditions"] if condition["is_listed"]]
    size = experiment.reference.size
    where = environment()
    page = [
        "# The electrode's references",
        "",
        f"Made by `make bench-electrode-reference` on {datetime.now(UTC):%Y-%m-%d}, {where['device']}, from the fits "
        f"of commit {run.record['environment']['commit']}: N_eq (energy, field L2) of diffusion's samples against the "
        f"table's reference of {size:,} runs, and by D2 averaged over {OTHERS} others of the same size. `excess` is "
        "what the mean of the table's reference is off, squared, in units of what that is on average.",
        "",
        "| runs | condition | excess | table's, each replicate | others', each replicate | others', harmonic mean |",
        "|---|---|---|---|---|---|",
    ]
    for condition in listed:
        references = [_reference(cells[0].description, condition, size, k) for k in range(OTHERS + 1)]
        for budget in experiment.budgets:
            d2 = np.array(
                [
                    [Energy().score(samples, each)["d2"] for each in references]
                    for samples in (_samples(c.description, condition, size) for c in cells if c.budget == budget)
                ]
            )
            mu = Energy().score(_as_samples(references[0]), references[0])["mu"]
            own, others = d2[:, 0], d2[:, 1:].mean(axis=1)
            page.append(
                f"| {budget:,} | {condition['name']} | {_excess(references):.1f} | {_each(own, mu)} | "
                f"{_each(others, mu)} | {count(mu / others.mean())} |"
            )
            sys.stderr.write(page[-1] + "\n")
    OUTPUT.write_text("\n".join(page) + "\n")


def _reference(cell: Description, condition: Description, size: int, k: int) -> Reference:
    """The table's reference (k = 0), or another one."""
    labels = ["reference", "conditional", condition["name"], *([f"other{k}"] if k else [])]
    problem = problem_of(cell)
    simulation = prepare(problem, Clock(), at_condition=True)
    runs = simulation(size, key=stream(cell["seed"], *labels), z=tuple(condition["z"]))
    return Reference(runs.y[runs.ok], problem, tuple(condition["z"]))


def _samples(cell: Description, condition: Description, size: int) -> Samples:
    """Those that the run scored."""
    cache = Cache(ROOT / "results" / ".cache")
    method = build("methods", without_digest(cell["method"]))
    runs = load_training_runs(cell, cache, silent)
    fit, _ = load_fit(cell, method, runs, lesson_of(cell, runs), cache, silent)
    problem = problem_of(cell)
    given = np.asarray(uniform_coordinates(problem, jnp.asarray(condition["z"])))
    labels = [cell[key] for key in ("target", "label", "budget", "replicate")]
    key = stream(cell["seed"], "sample", *labels, condition["name"])
    values = np.asarray(method.prepare(fit, clock=Clock())(given, size, key), "float64")
    return Samples.equally_weighted(values, problem.layout, is_law=True)


def _as_samples(reference: Reference) -> Samples:
    return Samples.equally_weighted(reference.values[:2], reference.layout, is_law=True)


def _excess(references: list[Reference]) -> float:
    """|mean of the first - mean of the others|^2 over its expectation."""
    others = np.mean([each.mean for each in references[1:]], axis=0)
    n = len(references[0].values)
    squared = np.sum(((references[0].mean - others) / references[0].field_sd) ** 2)
    expected = np.sum((references[0].sd / references[0].field_sd) ** 2) * (1 / n + 1 / (n * (len(references) - 1)))
    return float(squared / expected)


def _each(d2: np.ndarray, mu: float) -> str:
    return ", ".join(count(mu / value) if value > 0 else "beyond" for value in d2)


if __name__ == "__main__":
    main()
