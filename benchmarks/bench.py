"""Measures what the tool costs and writes `results/benchmarks/speed.md`: `make bench`, on an idle machine.

Ratios are of times taken in turns in one process, so that they mean something on a noisy machine.
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
import jax.numpy as jnp
import numpy as np
from flax import nnx

from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.precondition import denoiser
from sgmbench.diffusion.sampling import karras_grid, sample
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP
from sgmbench.problems.porous_electrode import PorousElectrode

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "speed.md"
PUBLISHED = (0.1, 0.0, 25.0)
REPEATS = 7
Row = tuple[str, str]


def main() -> None:
    """Runs every measurement and writes the table."""
    rows = [*startup(), *solver(), *sampler(), *quickstart()]
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


def sampler(batch: int = 4096, k: int = 60, p: int = 19, steps: int = 25) -> list[Row]:
    """DPM-Solver++(2M) through Diffrax against a hand-written scan of the same steps, same network, same noise."""
    graph, parameters = nnx.split(MLP().build(geometry=Geometry(k), given=p, rngs=nnx.Rngs(0)))
    grid = karras_grid(20.0, 0.01, steps)
    features = jnp.zeros((batch, p), jnp.float32)
    x_0 = 20 * jax.random.normal(jax.random.key(1), (batch, k), jnp.float32)

    def denoise(x, sigma, values):
        return denoiser(nnx.merge(graph, values))(x, jnp.full(len(x), sigma, jnp.float32), features)

    through_diffrax = jax.jit(lambda x, v: sample(denoise, x, grid, eta=0.0, key=jax.random.key(0), args=v))
    by_hand = jax.jit(lambda x, v: scan(denoise, x, jnp.asarray(grid, jnp.float32), v))
    actions = [lambda: through_diffrax(x_0, parameters), lambda: by_hand(x_0, parameters)]
    difference = float(np.abs(np.asarray(actions[0]()) - np.asarray(actions[1]())).max())
    times = np.array([[seconds(action) for action in actions] for _ in range(REPEATS)])
    ratio = statistics.median((times[:, 0] / times[:, 1]).tolist())
    name = f"DPM-Solver++(2M), {steps} steps, batch {batch:,}, MLP 3 x 256"
    return [
        (f"{name}: Diffrax / hand-written scan", f"{ratio:.3f} (largest difference {difference:.1e})"),
        (f"{name}: a sample", f"{1e3 * statistics.median(times[:, 0].tolist()) / batch:.3f} ms"),
    ]


def scan(denoise, x, grid, values):
    """The published loop: two-step multistep after a first-order start."""

    def step(carry, ends):
        x, D_prev, h_prev, has_prev = carry
        h = ends[1] - ends[0]
        D = denoise(x, jnp.exp(-ends[0]), values)
        D_bar = jnp.where(has_prev, D + h / (2 * h_prev) * (D - D_prev), D)
        return (jnp.exp(-h) * x - jnp.expm1(-h) * D_bar, D, h, jnp.array(True)), None

    start = (x, jnp.zeros_like(x), jnp.ones((), x.dtype), jnp.array(False))
    (x, *_), _ = jax.lax.scan(step, start, jnp.stack([grid[:-1], grid[1:]], axis=1))
    return denoise(x, jnp.exp(-grid[-1]), values)


def quickstart() -> list[Row]:
    """configs/quickstart.yaml from a cold start, in a process of its own."""
    config = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "sgmbench", "run", str(config), "--quiet", "--results", results]
        took = seconds(lambda: subprocess.run(command, check=True))
    return [("`sgmbench run configs/quickstart.yaml`, cold", f"{took:.0f} s")]


if __name__ == "__main__":
    main()
