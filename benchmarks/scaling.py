"""How throughput grows with the devices of a host: writes `results/benchmarks/scaling.md`.

make bench-scaling                                some 6 minutes, otherwise idle
python benchmarks/scaling.py DEVICES FOLDER       one row of it, printed as JSON

Each row is a process of its own that sees so many devices; on CPU they are simulated
(`--xla_force_host_platform_device_count`) and share the same cores, so that more of them than one show what dividing
the work costs, and not what it gains. Per row: runs of the electrode (4,096 at one condition), samples of a diffusion
model of 100 coordinates (8,192), and training steps of it at a batch of 512, all compiled before they are timed, the
least of three times. Every row makes the same runs as the first, which is checked bit for bit; samples and training
differ by the order of float32 sums, and the table says by how much, of samples drawn from the first row's model and of
100 steps.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COUNTS = (1, 2, 4, 8)
RUNS, SAMPLES, LEARNED, STEPS = 4_096, 8_192, 2_000, 100
AT = (0.1, 0.0, 25.0)
REPEATS = 3
ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "scaling.md"


def main() -> None:
    """All rows and the page, or one row."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(measured(Path(sys.argv[2]))) + "\n")
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        rows = [in_a_process(count, folder) for count in COUNTS]
    page = "\n".join(lines(rows)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def in_a_process(count: int, folder: str) -> dict[str, Any]:
    """One row, by a process that sees so many devices."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={count}".strip()
    command = [sys.executable, __file__, str(count), folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "XLA_FLAGS": flags})
    return json.loads(done.stdout.splitlines()[-1])


def measured(folder: Path) -> dict[str, Any]:
    """Rates, and what tells whether the numbers are those of one device; the first row leaves its fit in the folder."""
    import jax
    import numpy as np

    from sgmbench.core.clock import Clock
    from sgmbench.core.progress import silent
    from sgmbench.core.rng import stream
    from sgmbench.core.runs import Pairs
    from sgmbench.core.simulation import Simulation
    from sgmbench.diffusion.method import Diffusion
    from sgmbench.learning.training import Training
    from sgmbench.problems.porous_electrode import PorousElectrode
    from sgmbench.runner.environment import environment

    problem, key = PorousElectrode(), stream(0, "scaling")
    simulation = Simulation(problem, Clock(), at_condition=True)
    runs, of_runs = timed(lambda: simulation(RUNS, key=key, z=AT).y)
    plan = Training(steps=STEPS, evaluate_every=STEPS, warmup=10)
    model = Diffusion(training=plan)
    pairs = Pairs(np.zeros((LEARNED, 0)), runs[:LEARNED])

    def fit(steps: int) -> tuple[dict[str, Any], float]:
        clock, method = Clock(), replace(model, training=replace(plan, steps=steps, evaluate_every=steps))
        made = method.fit(pairs, problem.layout, key=key, clock=clock, progress=silent)
        return made, clock.seconds["train"]

    fitted, seconds = fit(STEPS)
    of_steps = min(seconds, *(fit(STEPS)[1] for _ in range(REPEATS - 1)))
    leaves, structure = jax.tree.flatten(fitted)
    kept, first = folder / "fit.npz", not (folder / "fit.npz").exists()
    if first:
        np.savez(kept, *leaves)
    with np.load(kept) as of_first:
        shared = [of_first[f"arr_{i}"] for i in range(len(leaves))]
    draw = model.prepare(jax.tree.unflatten(structure, shared), clock=Clock())
    samples, of_samples = timed(lambda: draw(np.zeros(0), SAMPLES, key))
    drawn = folder / "samples.npy"
    if first:
        np.save(drawn, samples)
    of_first_row = np.load(drawn)
    apart = max(float(np.abs(a - b).max()) for a, b in zip(leaves, shared, strict=True) if np.size(a))
    return {
        "devices": jax.device_count(),
        "runs": RUNS / of_runs,
        "samples": SAMPLES / of_samples,
        "steps": STEPS / of_steps,
        "digest": digest(runs),
        "off": float(np.abs((samples - of_first_row) / of_first_row.std(axis=0).max()).max()),
        "apart": apart / max(float(np.abs(each).max()) for each in shared if np.size(each)),
        "environment": environment(),
    }


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What an action makes, and the least of some times of it once it is compiled."""
    made, times = action(), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return made, min(times)


def digest(values: Any) -> str:
    """Of all bits."""
    return hashlib.sha256(values.tobytes()).hexdigest()


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """The page."""
    first, where = rows[0], rows[0]["environment"]
    kinds = ("runs", "samples", "steps")
    return [
        "# Devices of one host",
        "",
        f"Made by `make bench-scaling` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}. "
        f"{RUNS:,} runs of porous_electrode, {SAMPLES:,} samples of a diffusion model, {STEPS} training steps of it at "
        "a batch of 512; in parentheses the rate over that of one device. The devices are simulated and share the "
        "cores of this machine, so that parentheses of 1 are the best there is: what is below is the cost of dividing.",
        "",
        "| devices | runs/s | samples/s | training steps/s | runs | samples apart, in sd | parameters apart |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row['devices']} | "
            + " | ".join(f"{row[kind]:,.0f} ({row[kind] / first[kind]:.2f})" for kind in kinds)
            + f" | {'the same bits' if row['digest'] == first['digest'] else 'other bits'}"
            + f" | {row['off']:.1g} | {row['apart']:.1g} |"
            for row in rows
        ),
        "",
        "On accelerators, and on more than one host: not measured.",
    ]


if __name__ == "__main__":
    main()
