"""Plans the shipped configurations, runs them, and writes `results/benchmarks/plan.md`.

make bench-plan                                  about 40 minutes on two cores, otherwise idle
python benchmarks/plan.py                        those that have no row on the page yet, one after another
python benchmarks/plan.py NAME ...               these

A plan, and a run from an empty cache, are processes of their own. What is compared is the time of the run itself, which
the plan tells of, without the start of the program; tables and figures, which the plan leaves out, are told beside it.
Memory is the largest of the whole run, disk the size of the run's folder and of the cache. What takes longer than some
two minutes is run with smaller budgets, which the table names. A row is written as soon as it is measured, and the
others stay as they are, so that the page can be made in pieces; each row names its commit.

`configs/dataset_make.py` makes the data of one, `configs/umbridge_server.py` is the server of another.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"
OUTPUT = ROOT / "results" / "benchmarks" / "plan.md"
STEPS = "methods.diffusion.training.steps=500"
SET: dict[str, list[str]] = {
    "decomposition": ["replicates=1", "reference.size=4000"],
    "electrode_controls": ["replicates=1", "reference.size=4000"],
    "electrode_physics": ["budgets=[2000]", "targets.0.drawn=1", "reference={size: 2000, drawn_size: 2000}", STEPS],
    "few_runs": ["replicates=1", "budgets=[50, 1000]"],
    "hidden_germ": ["targets.0.drawn=2", "reference={drawn_size: 2000}", "methods.network.training.steps=500", STEPS],
    "kolmogorov_unet2d": ["methods.unet2d.training.train_seconds=20"],
    "porous_electrode": [
        *("replicates=1", "budgets=[2500]", "targets.0.drawn=1", "reference={size: 4000, drawn_size: 2000}", STEPS)
    ],
    "porous_electrode_published": [
        *("budgets=[2500]", "methods.diffusion.training.train_seconds=20"),
        *("methods.published.training.train_seconds=20", "methods.published.sampler.steps=100"),
    ],
    "posterior": ["replicates=1"],
    "posteriors": ["problems=[linear_gaussian, two_moons]", "replicates=1", "budgets=[1000]"],
    "rare_event": ["replicates=1"],
    "shootout": ["problems=[borehole]", "replicates=1", "budgets=[300]"],
    "uncertain_inputs": ["replicates=1"],
}
"""What is set of a configuration; nothing where it takes two minutes as it is."""
HEADINGS = (
    *("configuration", "plan took", "planned", "run took", "ratio", "report"),
    *("memory", "found", "disk", "found", "cores", "commit"),
)
UNKNOWN = "-"


def main() -> None:
    """Measures what is named, or what has no row, and writes the page after each."""
    if sys.argv[1:2] == ["--run"]:
        sys.stdout.write(json.dumps(run(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])) + "\n")
        return
    for name in sys.argv[1:] or [each for each in names() if each not in kept()]:
        sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {name}: planned and run\n")
        with prepared(name):
            made = row(name, measure(name, SET.get(name, [])))
        sys.stderr.write(made + "\n")
        OUTPUT.write_text(page(kept() | {name: made}))
    sys.stdout.write(page(kept()))


def names() -> list[str]:
    """All configurations that are shipped."""
    return [path.stem for path in sorted(CONFIGS.glob("*.yaml"))]


def kept() -> dict[str, str]:
    """The rows of the page, if there is one, by configuration."""
    lines = OUTPUT.read_text().splitlines() if OUTPUT.exists() else []
    rows = {line.split()[1]: line for line in lines if line.startswith("| ")}
    return {name: rows[name] for name in names() if name in rows}


def page(rows: dict[str, str]) -> str:
    """Everything that is measured, as a table."""
    from sgmbench.runner.environment import environment

    said = (
        f"Made by `make bench-plan`, last on {datetime.now(UTC):%Y-%m-%d}: {environment()['device']}, each row on so "
        "many of the cores and by the code of its commit. Seconds of `sgmbench plan`, the seconds that it told of, "
        "those that the run then took from an empty cache, planned over taken, and those of its tables and figures, "
        "which are not planned; bytes at the most of memory, and on disk. A training that stops early takes less than "
        "its plan. Of runs that are another program's no time is planned."
    )
    head = [f"| {' | '.join(HEADINGS)} |", "|---" + "|--:" * (len(HEADINGS) - 1) + "|"]
    listed = [rows[name] for name in names() if name in rows]
    return "\n".join(["# Plans and what became of them", "", said, "", *head, *listed]) + "\n"


def row(name: str, found: dict[str, Any]) -> str:
    """One configuration."""
    planned = found["planned"]
    cells = [
        " ".join([name, *(f"`--set {each}`" for each in found["set"])]),
        f"{found['plan_took']:.0f} s",
        UNKNOWN if planned is None else f"{planned:.0f} s",
        f"{found['run']:.0f} s",
        UNKNOWN if planned is None else f"{planned / found['run']:.2f}",
        f"{found['report']:.0f} s",
        *(megabytes(found[each]) for each in ("planned_memory", "memory", "planned_disk", "disk")),
        f"{found['cores']}",
        found["commit"],
    ]
    return f"| {' | '.join(cells)} |"


def megabytes(size: int | None) -> str:
    """1,500,000,000 -> 1,500 MB."""
    return UNKNOWN if size is None else f"{size / 1e6:,.0f} MB"


@contextmanager
def prepared(name: str) -> Iterator[None]:
    """What a configuration needs beside it: data that are made, a server that is at work meanwhile."""
    if name == "dataset":
        process([str(CONFIGS / "dataset_make.py")])
    if name != "umbridge":
        yield
        return
    server = subprocess.Popen(
        [sys.executable, str(CONFIGS / "umbridge_server.py")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(5)  # until it listens
        yield
    finally:
        server.terminate()
        server.wait()


def measure(name: str, overrides: list[str]) -> dict[str, Any]:
    """The plans of a configuration, of a series of each problem, and its runs."""
    config = CONFIGS / f"{name}.yaml"
    with tempfile.TemporaryDirectory() as results:
        sets = [word for each in overrides for word in ("--set", each)]
        begun = time.perf_counter()
        plans = json.loads(process(["-m", "sgmbench", "plan", str(config), "--json", "--results", results, *sets]))
        took = time.perf_counter() - begun
        found = json.loads(process([__file__, "--run", str(config), results, *overrides]).splitlines()[-1])
    seconds = [plan["seconds"] for plan in plans]
    return found | {
        "set": overrides,
        "plan_took": took,
        "planned": None if None in seconds else sum(seconds),
        "planned_memory": max((plan["memory"] for plan in plans if plan["memory"] is not None), default=None),
        "planned_disk": sum(plan["disk"] for plan in plans),
        "cores": len(os.sched_getaffinity(0)),
    }


def process(arguments: list[str]) -> str:
    """What a Python process prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return done.stdout


def run(config: Path, results: Path, overrides: list[str]) -> dict[str, Any]:
    """Seconds of a run and of its report, and what it needed; of a series, of all its problems."""
    from sgmbench import api
    from sgmbench.config.load import load
    from sgmbench.config.series import is_series, load_series
    from sgmbench.core.memory import peak_memory
    from sgmbench.runner.environment import environment
    from sgmbench.runner.run import continue_run, start

    series = is_series(config)
    loaded = load_series(config, overrides) if series else [load(config, overrides)]
    with peak_memory() as so_far:
        peaks: list[int] = []

        def listen(phase: str, done: int, total: int, note: str = "") -> None:
            peaks.append(so_far())  # a cell begins a count of its own

        begun, folders = time.perf_counter(), []
        for each in loaded:
            folders.append(start(each.experiment, results))
            continue_run(folders[-1], each.experiment, results, listen)
        ended = time.perf_counter()
    disk = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
    (api.run_series if series else api.run)(config, overrides=overrides, results=results, resume=True)
    return {
        "run": ended - begun,
        "report": time.perf_counter() - ended,
        "memory": max([*peaks, *(result.cost.peak_bytes for folder in folders for result in folder.results())]),
        "disk": disk,
        "commit": environment()["commit"],
    }


if __name__ == "__main__":
    main()
