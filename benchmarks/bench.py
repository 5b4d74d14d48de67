"""Measures what the tool costs and writes `results/benchmarks/speed.md`: `make bench`, on an idle machine.

What sampling costs beside a hand-written scan is in `samplers.py`.
"""

import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jax

from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.problems.porous_electrode import PorousElectrode

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "speed.md"
PUBLISHED = (0.1, 0.0, 25.0)
REPEATS = 7
Row = tuple[str, str]


def main() -> None:
    """Runs every measurement and writes the table."""
    rows = [*startup(), *solver(), *quickstart()]
    device = jax.devices()[0]
    lines = [
        "# Speed",
        "",
        f"Made by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {device.device_kind}, {platform.machine()}, "
        f"jax {jax.__version__}. Medians of {REPEATS} repeats, warm unless it says otherwise.",
        "",
        "| what | measured |",
        "|---|---|",
        *(f"| {what} | {value} |" for what, value in rows),
    ]
    OUTPUT.write_text("\n".join(lines) + "\n")
    sys.stdout.write("\n".join(lines) + "\n")


def seconds(action: Callable[[], object]) -> float:
    """Wall-clock seconds of one call, the device waited for."""
    start = time.perf_counter()
    jax.block_until_ready(action())
    return time.perf_counter() - start


def startup() -> list[Row]:
    """`sgmbench --help`, and whether it imports JAX."""
    command = [sys.executable, "-m", "sgmbench", "--help"]
    took = statistics.median(
        seconds(lambda: subprocess.run(command, capture_output=True, check=True)) for _ in range(5)
    )
    code = "import sys, sgmbench.cli; print('jax' in sys.modules)"
    imports_jax = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    return [("`sgmbench --help`", f"{took:.2f} s, jax imported: {imports_jax}")]


def solver() -> list[Row]:
    """Runs a second of the electrode in float64, at a condition and from the prior, where each run has a Cholesky."""
    rows = []
    for name, z in (("at one condition", PUBLISHED), ("from the prior", ())):
        simulation = Simulation(PorousElectrode(), Clock(), at_condition=bool(z))
        took = [simulation(5120, key=stream(i, "bench"), z=z).seconds["simulate"] for i in range(REPEATS)]
        rows.append((f"`porous_electrode`, float64, {name}", f"{5120 / statistics.median(took):,.0f} runs/s"))
    return rows


def quickstart() -> list[Row]:
    """configs/quickstart.yaml from a cold start, in a process of its own."""
    config = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "sgmbench", "run", str(config), "--quiet", "--results", results]
        took = seconds(lambda: subprocess.run(command, check=True))
    return [("`sgmbench run configs/quickstart.yaml`, cold", f"{took:.0f} s")]


if __name__ == "__main__":
    main()
