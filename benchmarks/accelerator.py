"""What an accelerator is worth: the same work on whatever device JAX sees, a column of the table for each.

make bench-accelerator            12 minutes on two cores, otherwise idle

Rates are those of `scaling.py`; runs by lanes are 16,384 of the electrode, each at another condition. The diffusion
model of `configs/porous_electrode.yaml` learns from 25,000 runs, at one condition and without a long reference, and
`configs/kolmogorov_flow.yaml` is run whole on 64 x 64 points: from an empty cache, compilation and start included. The
column of this device is replaced on the page, and those of others stay as they are.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from scaling import KINDS, PROBLEM, on_devices
from scaling_model import rate

from sgmbench import api
from sgmbench.cli.progress import terminal_progress
from sgmbench.runner.environment import environment

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "accelerator.md"
LANES = (256, 1_024, 4_096, 16_384)
ELECTRODE = [
    "budgets=[25000]",
    "replicates=1",
    "targets=[{kind: conditional, drawn: 1}]",
    "reference={size: 2000, drawn_size: 2000}",
    "methods=[monte_carlo, diffusion]",
    "methods.monte_carlo.budgets=[100]",
]
FLOW = ["problem.points=64"]
UNITS = KINDS | {"runs": "runs/s at one condition"}
UNKNOWN = "not measured"

Column = dict[str, str]


def main() -> None:
    """This device's column, and the page."""
    where = environment()
    column = {"measured": f"{datetime.now(UTC):%Y-%m-%d}, {where['commit']}, jax {where['versions']['jax']}"}
    for part in (rates, lanes, electrode, flow):
        column |= part()
    columns = earlier() | {where["device"]: column}
    page = "\n".join(lines(columns)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def rates() -> Column:
    """Runs, samples and training steps a second."""
    with TemporaryDirectory() as folder:
        row = on_devices(folder)
    return {UNITS[kind]: f"{row[kind]:,.0f}" for kind in UNITS}


def lanes() -> Column:
    """Runs a second by lanes of a chunk."""
    return {f"runs/s over the prior, {each:,} lanes": f"{rate(PROBLEM, max(LANES), each):,.0f}" for each in LANES}


def electrode() -> Column:
    """Seconds of the diffusion model's training."""
    answer, _ = run_anew("porous_electrode", ELECTRODE)
    (cost,) = (each.cost for each in answer.summary.results if each.method == "diffusion")
    return {"porous_electrode: training on 25,000 runs, s": f"{cost.seconds['train']:.1f}"}


def flow() -> Column:
    """Seconds of the whole run, and of the training in it."""
    answer, took = run_anew("kolmogorov_flow", FLOW)
    (cost,) = (each.cost for each in answer.summary.results if each.method == "diffusion")
    return {
        "kolmogorov_flow, 64 x 64: the whole run, s": f"{took:.0f}",
        "of it training of the diffusion model, s": f"{cost.seconds['train']:.1f}",
    }


def run_anew(name: str, overrides: list[str]) -> tuple[api.Answer, float]:
    """An experiment in a folder of its own, and its seconds."""
    with TemporaryDirectory() as folder, terminal_progress(quiet=False) as progress:
        start = time.perf_counter()
        config = ROOT / "configs" / f"{name}.yaml"
        answer = api.run(config, overrides=overrides, results=folder, progress=progress)
        return answer, time.perf_counter() - start


def earlier() -> dict[str, Column]:
    """The columns that stand on the page, by device."""
    if not OUTPUT.is_file():
        return {}
    rows = [line.strip("| ").split(" | ") for line in OUTPUT.read_text().splitlines() if line.startswith("| ")]
    (_, *devices), *rest = rows
    return {device: {row[0]: row[i] for row in rest} for i, device in enumerate(devices, start=1)}


def lines(columns: dict[str, Column]) -> list[str]:
    """The page."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    return [
        "# CPU and accelerators",
        "",
        "Made by `make bench-accelerator`, which measures the device that it finds and leaves the other columns; "
        "`benchmarks/accelerator.py` says how.",
        "",
        f"| what | {' | '.join(columns)} |",
        "|---|" + "---|" * len(columns),
        *(f"| {name} | {' | '.join(each.get(name, UNKNOWN) for each in columns.values())} |" for name in names),
        *([] if any("CPU" not in device for device in columns) else ["", f"No accelerator was at hand: {UNKNOWN}."]),
    ]


if __name__ == "__main__":
    main()
