"""How throughput grows with devices and processes, beside the model of `docs/scaling.md`.

make bench-scaling                                  some 10 minutes, otherwise idle
python benchmarks/scaling.py devices FOLDER         one row, of the devices that this process sees, as JSON
python benchmarks/scaling.py share I COUNT FOLDER   process I of a row of so many, as JSON
python benchmarks/scaling.py constants              those of the model (`scaling_model.py`), as JSON

Each row of devices is a process of its own that sees so many; on CPU they are simulated
(`--xla_force_host_platform_device_count`) and share the cores. Per row: runs of the electrode (4,096 at one condition),
samples of a diffusion model of it (8,192), and training steps of that at a batch of 512, all compiled before they are
timed, the least of three times. A row of processes divides the same runs, by their numbers in the stream, and as many
samples of the first row's model, among processes that begin together when all have compiled. All rows make the same
runs, which is checked bit for bit; samples and training on several devices differ by the order of float32 sums, and the
table says by how much, of samples of the first row's model and of 100 steps.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import jax
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from scaling_model import REPEATS, constants, foretold, timed, told

from sgmbench.core.clock import Clock
from sgmbench.core.inputs import normal_of_run
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.runs import Pairs
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.method import Diffusion
from sgmbench.learning.training import Training
from sgmbench.problems.porous_electrode import PorousElectrode
from sgmbench.runner.environment import environment

COUNTS = (1, 2, 4, 8)
RUNS, SAMPLES, LEARNED, STEPS = 4_096, 8_192, 2_000, 100
PROBLEM, AT = PorousElectrode(), (0.1, 0.0, 25.0)
MODEL = Diffusion(training=Training(steps=STEPS, evaluate_every=STEPS, warmup=10))
KINDS = {"runs": "runs/s", "samples": "samples/s", "steps": "training steps/s"}
OF_PROCESSES = ("runs", "samples")
ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "scaling.md"

Row = dict[str, Any]


def main() -> None:
    """All rows and the page, or a part of one row."""
    parts: dict[str, Callable[..., Any]] = {"devices": on_devices, "share": share, "constants": constants}
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(parts[sys.argv[1]](*sys.argv[2:])) + "\n")
        return
    with TemporaryDirectory() as folder:
        of_devices = [said(begin("devices", folder, devices=count)) for count in COUNTS]
        of_processes = [together(count, folder) for count in COUNTS]
    page = "\n".join(lines(of_devices, of_processes, said(begin("constants")))) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def begin(*words: object, devices: int = 1) -> "subprocess.Popen[str]":
    """A part, by this script in a process that sees so many devices, with two threads for each: see docs/scaling.md."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}".strip()
    threads = str(max(os.cpu_count() or 1, 2 * devices if devices > 1 else 1))
    command, env = [sys.executable, __file__, *map(str, words)], os.environ | {"XLA_FLAGS": flags, "NPROC": threads}
    return subprocess.Popen(command, text=True, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def said(process: "subprocess.Popen[str]") -> Row:
    """What a part has measured, when it has ended."""
    last = process.communicate()[0].splitlines()[-1:]
    if process.returncode or not last:
        raise SystemExit(process.returncode or 1)
    return json.loads(last[0])


def on_devices(folder: str) -> Row:
    """A row of devices; the first leaves its model and its samples in the folder."""
    simulate, fit, drawn = Simulation(PROBLEM, Clock(), at_condition=True), Path(folder) / "fit.npz", Path(folder) / "y"
    runs, *of_runs = timed(lambda: simulate(RUNS, key=key("runs"), z=AT).y)
    pairs, of_steps = Pairs(np.zeros((LEARNED, 0)), runs[:LEARNED]), []
    learned: Row = {}
    for _ in range(REPEATS):
        clock = Clock()
        learned = flatten_dict(MODEL.fit(pairs, PROBLEM.layout, key=key("fit"), clock=clock, progress=silent), sep="/")
        of_steps.append((clock.seconds["train"], clock.cpu_seconds["train"]))
    if not fit.exists():
        np.savez(fit, **learned)
    first = read(fit)
    draw = MODEL.prepare(unflatten_dict(first, sep="/"), clock=Clock())
    samples, *of_samples = timed(lambda: draw(np.zeros(0), SAMPLES, key("samples")))
    if not drawn.exists():
        samples.tofile(drawn)
    of_first = np.fromfile(drawn).reshape(samples.shape)
    names = [name for name in learned if name.startswith("parameters/")]
    took = {"runs": (RUNS, of_runs), "samples": (SAMPLES, of_samples), "steps": (STEPS, min(of_steps))}
    return {
        **{kind: n / seconds for kind, (n, (seconds, _)) in took.items()},
        "cores": {kind: max(1.0, cpu / seconds) for kind, (_, (seconds, cpu)) in took.items()},
        "count": jax.device_count(),
        "digests": digests(runs),
        "off": float(np.abs((samples - of_first) / of_first.std(axis=0).max()).max()),
        "apart": largest(learned[name] - first[name] for name in names) / largest(first[name] for name in names),
        "environment": environment(),
    }


def together(count: int, folder: str) -> Row:
    """A row of processes, which begin each kind of work when all are ready for it."""
    with ExitStack() as stack:
        processes = [stack.enter_context(begin("share", i, count, folder)) for i in range(count)]
        for kind in OF_PROCESSES:
            for each in processes:
                if line_of(each.stdout) != f"ready for {kind}\n":
                    raise SystemExit(f"a process has ended before its {kind}")
            for each in processes:
                tell(each.stdin, "go\n")
        parts = [said(each) for each in processes]
    took = {kind: max(part[kind][1] for part in parts) - min(part[kind][0] for part in parts) for kind in OF_PROCESSES}
    rates = {"runs": RUNS / took["runs"], "samples": SAMPLES / took["samples"]}
    return rates | {"count": count, "digests": [each for part in parts for each in part["digests"]]}


def share(number: str, count: str, folder: str) -> Row:
    """Runs and samples of one process, and between which readings of the system's clock it made them."""
    i, n = int(number), int(count)
    numbers = np.arange(RUNS * i // n, RUNS * (i + 1) // n)
    draw_normal = jax.vmap(partial(normal_of_run, PROBLEM, at_condition=True), (None, 0))
    normals = np.asarray(jax.jit(draw_normal)(key("runs"), numbers))
    simulate = Simulation(PROBLEM, Clock(), at_condition=True)
    draw = MODEL.prepare(unflatten_dict(read(Path(folder) / "fit.npz"), sep="/"), clock=Clock())
    actions: dict[str, Callable[[], Any]] = {
        "runs": lambda: simulate.at(normals, z=AT).y,
        "samples": lambda: draw(np.zeros(0), SAMPLES // n, key(f"samples of {i}")),
    }
    row: Row = {"digests": digests(actions["runs"]())}
    for kind in OF_PROCESSES:
        actions[kind]()
        tell(sys.stdout, f"ready for {kind}\n")
        line_of(sys.stdin)
        start = time.perf_counter()
        actions[kind]()
        row[kind] = (start, time.perf_counter())
    return row


def line_of(stream: IO[str] | None) -> str:
    """The next one; "" at the end."""
    return "" if stream is None else stream.readline()


def tell(stream: IO[str] | None, line: str) -> None:
    """At once."""
    if stream is not None:
        stream.write(line)
        stream.flush()


def read(path: Path) -> Row:
    """The arrays of a fit by their names."""
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}


def key(label: str) -> Any:
    """Of a stream."""
    return stream(0, "scaling", label)


def largest(arrays: Iterable[Any]) -> float:
    """Of all absolute values."""
    return max(float(np.abs(each).max()) for each in arrays)


def digests(runs: Any) -> list[str]:
    """Of all bits of each eighth of the runs, or of a part of them."""
    size = RUNS // max(COUNTS)
    return [hashlib.sha256(runs[i : i + size].tobytes()).hexdigest()[:16] for i in range(0, len(runs), size)]


def lines(of_devices: list[Row], of_processes: list[Row], known: Row) -> list[str]:
    """The page."""
    first, where, cores = of_devices[0], of_devices[0]["environment"], len(os.sched_getaffinity(0))
    used = ", ".join(f"{first['cores'][kind]:.2g} for {kind}" for kind in KINDS)
    return [
        "# Devices and processes",
        "",
        f"Made by `make bench-scaling` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}, "
        f"{cores} of them for this. {RUNS:,} runs of porous_electrode, {SAMPLES:,} samples of a diffusion model of it, "
        f"{STEPS} training steps at a batch of 512. Behind each rate, in brackets, what `docs/scaling.md` foretells, "
        f"min(P, {cores} / a) times the rate of one device, which keeps a cores busy ({used}); and the one over the "
        "other, the efficiency.",
        "",
        "## Simulated devices of one process",
        "",
        f"| devices | {' | '.join(KINDS.values())} | runs | samples apart, in sd | parameters apart |",
        "|---|" + "---|" * (len(KINDS) + 3),
        *(
            f"| {row['count']} | {rates(row, first, cores, KINDS)} | {bits(row, first)} "
            f"| {row['off']:.1g} | {row['apart']:.1g} |"
            for row in of_devices
        ),
        "",
        "## Processes that divide the runs of one stream",
        "",
        "| processes | runs/s | samples/s | runs |",
        "|---|---|---|---|",
        *(
            f"| {row['count']} | {rates(row, first, cores, OF_PROCESSES)} | {bits(row, first)} |"
            for row in of_processes
        ),
        "",
        *told(known),
        "",
        *foretold(first["runs"], PROBLEM.layout.size, known),
        "",
        "No second host was at hand: not measured. Accelerators have a page of their own, `accelerator.md`.",
    ]


def rates(row: Row, first: Row, cores: int, kinds: Iterable[str]) -> str:
    """Cells: measured, foretold, and the one over the other."""

    def cell(kind: str) -> str:
        most = first[kind] * min(row["count"], max(1.0, cores / first["cores"][kind]))
        return f"{row[kind]:,.0f} ({most:,.0f}; {row[kind] / most:.2f})"

    return " | ".join(map(cell, kinds))


def bits(row: Row, first: Row) -> str:
    """Whether the runs are those of one device."""
    return "the same bits" if row["digests"] == first["digests"] else "other bits"


if __name__ == "__main__":
    main()
