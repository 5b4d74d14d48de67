"""Plans shipped configurations, runs them, and writes `results/benchmarks/plan.md`.

make bench-plan                                  about a quarter of an hour on two cores, otherwise idle
python benchmarks/plan.py NAME ...               these
python benchmarks/plan.py --again                all, also those that are measured

A plan, and a run from an empty cache, are processes of their own. What is compared is the time of the run itself, which
the plan tells of, without the start of the program; tables and figures, which the plan leaves out, are told beside it.
Memory is the largest that a cell has noted, disk the size of the run's folder and of the cache. What takes longer than
some two minutes is run with smaller budgets, which the table names. Each configuration is kept as it is measured, in
`results/benchmarks/plan.json`, and not measured again until it is named or all are.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "plan.md"
MEASURED = OUTPUT.with_suffix(".json")
SET: dict[str, list[str]] = {
    "quickstart": [],
    "analytic": [],
    "burgers": [],
    "cookies": [],
    "double_well": [],
    "epidemic": [],
    "ladder": [],
    "uncertain_inputs": ["replicates=1"],
    "posterior": ["replicates=1"],
    "posteriors": ["problems=[linear_gaussian, two_moons]", "replicates=1", "budgets=[1000]"],
    "decomposition": ["replicates=1", "reference.size=4000"],
    "shootout": ["problems=[borehole]", "replicates=1", "budgets=[300]"],
}
"""What is set of each configuration; nothing where it takes two minutes as it is."""
HEADINGS = ("configuration", "plan took", "planned", "run took", "ratio", "report", "memory", "found", "disk", "found")


def main() -> None:
    """Measures what is named, or what is missing, and writes the page after each."""
    if sys.argv[1:2] == ["--run"]:
        sys.stdout.write(json.dumps(run(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])) + "\n")
        return
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() and sys.argv[1:] != ["--again"] else {}
    named = [name for name in sys.argv[1:] if name != "--again"]
    for name in named or [name for name in SET if name not in measured]:
        sys.stderr.write(f"{datetime.now():%H:%M:%S} {name}: planned and run\n")
        measured[name] = measure(name, SET[name])
        MEASURED.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n")
        sys.stderr.write(row(name, measured[name]) + "\n")
        OUTPUT.write_text(page(measured))
    sys.stdout.write(page(measured))


def page(measured: dict[str, Any]) -> str:
    """Everything that is measured, as a table."""
    from sgmbench.runner.environment import environment

    said = (
        f"Made by `make bench-plan` on {datetime.now(UTC):%Y-%m-%d}: {environment()['device']}. Seconds of `sgmbench "
        "plan`, the seconds that it told of, those that the run then took from an empty cache, planned over taken, and "
        "those of its tables and figures, which are not planned; bytes at the most of memory, and on disk. A training "
        "that stops early takes less than its plan."
    )
    head = [f"| {' | '.join(HEADINGS)} |", "|---" + "|--:" * (len(HEADINGS) - 1) + "|"]
    rows = [row(name, measured[name]) for name in SET if name in measured]
    return "\n".join(["# Plans and what became of them", "", said, "", *head, *rows]) + "\n"


def row(name: str, found: dict[str, Any]) -> str:
    """One configuration."""
    cells = [
        " ".join([name, *(f"`--set {each}`" for each in found["set"])]),
        f"{found['plan_took']:.0f} s",
        f"{found['planned']:.0f} s",
        f"{found['run']:.0f} s",
        f"{found['planned'] / found['run']:.2f}",
        f"{found['report']:.0f} s",
        *(f"{found[each] / 1e6:,.0f} MB" for each in ("planned_memory", "memory", "planned_disk", "disk")),
    ]
    return f"| {' | '.join(cells)} |"


def measure(name: str, overrides: list[str]) -> dict[str, Any]:
    """The plans of a configuration, of a series of each problem, and its runs."""
    config = ROOT / "configs" / f"{name}.yaml"
    with tempfile.TemporaryDirectory() as results:
        sets = [word for each in overrides for word in ("--set", each)]
        begun = time.perf_counter()
        plans = json.loads(process(["-m", "sgmbench", "plan", str(config), "--json", "--results", results, *sets]))
        took = time.perf_counter() - begun
        found = json.loads(process([__file__, "--run", str(config), results, *overrides]).splitlines()[-1])
    return found | {
        "set": overrides,
        "plan_took": took,
        "planned": sum(plan["seconds"] for plan in plans),
        "planned_memory": max(plan["memory"] for plan in plans),
        "planned_disk": sum(plan["disk"] for plan in plans),
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
    from sgmbench.runner.run import continue_run, start

    series = is_series(config)
    loaded = load_series(config, overrides) if series else [load(config, overrides)]
    begun, folders = time.perf_counter(), []
    for each in loaded:
        folders.append(start(each.experiment, results))
        continue_run(folders[-1], each.experiment, results)
    ended = time.perf_counter()
    disk = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
    (api.run_series if series else api.run)(config, overrides=overrides, results=results, resume=True)
    return {
        "run": ended - begun,
        "report": time.perf_counter() - ended,
        "memory": max(result.cost.peak_bytes for folder in folders for result in folder.results()),
        "disk": disk,
    }


if __name__ == "__main__":
    main()
