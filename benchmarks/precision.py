"""What bfloat16 costs a diffusion model, and what it saves: writes `results/benchmarks/precision.md`.

make bench-precision                              some 5 minutes on one core

The electrode's 2,500 runs of `configs/quickstart.yaml`, at three conditions, and four replicates: each trains the same
model, by the same keys and on the same runs, with products of matrices in float32 and in bfloat16
(`sgmbench/learning/precision.py`). Compared are D2, which is one over equivalent runs, and seconds of the processors,
replicate by replicate: the ratio is a geometric mean with its 95 % interval over replicates. On a device without
bfloat16 products of its own, as a CPU, the seconds say no more than that it works there.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from sgmbench import api
from sgmbench.learning.precision import Precision
from sgmbench.report.format import count
from sgmbench.runner.environment import environment
from sgmbench.statistics.paired import Ratio, paired_ratio

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "precision.md"
EXPERIMENT = """
name: precision
problem: porous_electrode
targets:
  - kind: conditional
    conditions:
      - {correlation_length: 0.1, equilibrium_potential: 0, boundary_flux: 25}
    drawn: 2
budgets: [2500]
replicates: 4
reference: {size: 4000, drawn_size: 4000}
metrics: [energy]
methods:
  - kind: diffusion
    training: {steps: 1000}
"""
PRECISIONS: tuple[Precision, Precision] = ("float32", "bfloat16")
SECONDS = {"train": "training", "sample": "sampling"}


def main() -> None:
    """Both runs, and the page."""
    with TemporaryDirectory() as folder:
        config = Path(folder) / "precision.yaml"
        config.write_text(EXPERIMENT)
        answers = [run(config, precision) for precision in PRECISIONS]
        page = "\n".join(lines(answers)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def run(config: Path, precision: Precision) -> api.Answer:
    """The experiment in one precision; both take their runs and references from one cache."""
    overrides = [f"methods.0.training.precision={precision}"]
    return api.run(config, overrides=overrides, results=config.parent / "results", warn=sys.stderr.write)


def lines(answers: list[api.Answer]) -> Iterator[str]:
    """The page."""
    where, scores = environment(), [scores_of(answer) for answer in answers]
    yield "# Products in bfloat16"
    yield ""
    yield (
        f"Made by `make bench-precision` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']} "
        f"({where['processor']}). A diffusion model of 2,500 runs of porous_electrode, {scores[0].sizes['replicate']} "
        "replicates; N_eq by energy, CPU seconds. A ratio is that of D2 or of seconds in bfloat16 to those in float32, "
        "with its 95 % interval."
    )
    yield ""
    yield f"| what | {PRECISIONS[0]} | {PRECISIONS[1]} | ratio |"
    yield "|---|---|---|---|"
    worth = [equivalent_runs(answer) for answer in answers]
    for condition in scores[0]["condition"].values:
        of_each = [each["energy.d2"].sel(condition=condition).values for each in scores]
        yield f"| N_eq at {condition} | {' | '.join(each[condition] for each in worth)} | {ratio(*of_each)} |"
    means = [each["energy.d2"].mean("condition").values for each in scores]
    yield f"| mean D2 over conditions | {' | '.join(f'{np.mean(each):.3g}' for each in means)} | {ratio(*means)} |"
    for phase, words in SECONDS.items():
        spent = [seconds(answer, phase) for answer in answers]
        yield f"| {words} | {' | '.join(f'{np.mean(each):.2f} s' for each in spent)} | {ratio(*spent)} |"
    yield ""
    yield "On GPU and TPU, which multiply bfloat16 several times faster than float32: not measured."


def scores_of(answer: api.Answer) -> xr.Dataset:
    """Of the one method, by replicate and condition."""
    return answer.to_xarray()["conditional"].isel(label=0, budget=0)


def equivalent_runs(answer: api.Answer) -> dict[Any, str]:
    """By condition, as the terminal tells them."""
    rows = [row for row in answer.table() if row["score"] == "equivalent_runs/energy"]
    return {row["condition"]: count(row["mean"]) for row in rows}


def seconds(answer: api.Answer, phase: str) -> np.ndarray:
    """Of all processors, by replicate."""
    return np.array([result.cost.cpu_seconds[phase] for result in answer.summary.results])


def ratio(single: np.ndarray, half: np.ndarray) -> str:
    """The second over the first."""
    found: Ratio = paired_ratio(half, single)
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


if __name__ == "__main__":
    main()
