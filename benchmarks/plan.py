"""Plans some of the shipped configurations, then runs them, and writes `results/benchmarks/plan.md`.

make bench-plan                                  about a quarter of an hour on two cores, otherwise idle
python benchmarks/plan.py NAME ...               these

A plan, and a run from an empty cache, are processes of their own. What is compared is the time of the run itself, which
the plan tells of, without the start of the program; tables and figures, which the plan leaves out, are told beside it.
Memory is the largest that a cell has noted, disk the size of the run's folder and of the cache.
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
NAMES = ("quickstart", "analytic", "burgers", "cookies", "epidemic", "double_well", "posterior", "uncertain_inputs")
HEADINGS = ("configuration", "plan took", "planned", "run took", "ratio", "report", "memory", "found", "disk", "found")


def main() -> None:
    """One row a configuration."""
    if sys.argv[1:2] == ["--run"]:
        sys.stdout.write(json.dumps(run(Path(sys.argv[2]), Path(sys.argv[3]))) + "\n")
        return
    from sgmbench.runner.environment import environment

    rows = [row(name) for name in sys.argv[1:] or NAMES]
    page = [
        "# Plans and what became of them",
        "",
        f"Made by `make bench-plan` on {datetime.now(UTC):%Y-%m-%d}: {environment()['device']}. Seconds of `sgmbench "
        "plan`, the seconds that it told of, those that the run then took from an empty cache, planned over taken, and "
        "those of its tables and figures, which are not planned; bytes at the most of memory, and on disk. A training "
        "that stops early takes less than its plan.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "|---" + "|--:" * (len(HEADINGS) - 1) + "|",
        *rows,
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def row(name: str) -> str:
    """The plan of a configuration, and its run."""
    config = ROOT / "configs" / f"{name}.yaml"
    with tempfile.TemporaryDirectory() as results:
        begun = time.perf_counter()
        (plan,) = json.loads(process(["-m", "sgmbench", "plan", str(config), "--json", "--results", results]))
        took = time.perf_counter() - begun
        found = json.loads(process([__file__, "--run", str(config), results]).splitlines()[-1])
    cells = [
        name,
        f"{took:.0f} s",
        f"{plan['seconds']:.0f} s",
        f"{found['run']:.0f} s",
        f"{plan['seconds'] / found['run']:.2f}",
        f"{found['report']:.0f} s",
        *(f"{number / 1e6:,.0f} MB" for number in (plan["memory"], found["memory"], plan["disk"], found["disk"])),
    ]
    return f"| {' | '.join(cells)} |"


def process(arguments: list[str]) -> str:
    """What a Python process prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return done.stdout


def run(config: Path, results: Path) -> dict[str, Any]:
    """Seconds of a run and of its report, and what it needed."""
    from sgmbench import api
    from sgmbench.config.load import load
    from sgmbench.runner.run import continue_run, start

    loaded = load(config)
    begun = time.perf_counter()
    folder = start(loaded.experiment, results)
    continue_run(folder, loaded.experiment, results)
    ended = time.perf_counter()
    disk = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
    api.run(config, results=results, resume=True)
    return {
        "run": ended - begun,
        "report": time.perf_counter() - ended,
        "memory": max(result.cost.peak_bytes for result in folder.results()),
        "disk": disk,
    }


if __name__ == "__main__":
    main()
