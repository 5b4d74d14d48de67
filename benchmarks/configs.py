"""Runs the configuration of each problem family from an empty cache and writes `results/benchmarks/configs.md`.

make bench-configs                                about 20 minutes on two cores, otherwise idle
python benchmarks/configs.py NAME ...             only these; the others stay on the page as they are

`configs/dataset_make.py` makes the data of one, `configs/umbridge_server.py` is the server of another.
"""

import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sgmbench.runner.environment import environment

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "configs.md"
LARGE = (  # have pages of their own, or take longer, by intention
    "electrode_controls",
    "electrode_physics",
    "few_runs",
    "hidden_germ",
    "porous_electrode",
    "porous_electrode_published",
    "shootout",
)


def main() -> None:
    """Times each as its own process, start and compilation included, and writes the page."""
    names = sys.argv[1:] or [path.stem for path in sorted((ROOT / "configs").glob("*.yaml")) if path.stem not in LARGE]
    subprocess.run([sys.executable, str(ROOT / "configs" / "dataset_make.py")], check=True)
    server = subprocess.Popen([sys.executable, str(ROOT / "configs" / "umbridge_server.py")], stdout=subprocess.DEVNULL)
    try:
        sections = kept() | {name: section(name) for name in names}
    finally:
        server.terminate()
    page = [
        "# Configurations",
        "",
        f"Made by `make bench-configs` on {datetime.now(UTC):%Y-%m-%d}: {environment()['device']}. Each is one "
        "`sgmbench run configs/NAME.yaml` in a process of its own, from an empty cache, with start and compilation.",
        "",
        *sections.values(),
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def kept() -> dict[str, str]:
    """Sections of the page, if there is one, in their order."""
    page = OUTPUT.read_text() if len(sys.argv) > 1 and OUTPUT.exists() else ""
    sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    return {re.split(r"[: ]", each)[1]: each.rstrip() + "\n" for each in sections}


def section(name: str) -> str:
    """Heading with the time, table and answer of one configuration."""
    with tempfile.TemporaryDirectory() as results:
        command = [
            sys.executable,
            "-m",
            "sgmbench",
            "run",
            str(ROOT / "configs" / f"{name}.yaml"),
            "--results",
            results,
        ]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        seconds = time.perf_counter() - started
        if done.returncode:
            return f"## {name}: exit code {done.returncode}\n\n```\n{done.stderr.strip()}\n```\n"
    text = done.stdout.replace(results, "results").strip()
    return f"## {name}: {seconds:.0f} s\n\n```\n{text}\n```\n"


if __name__ == "__main__":
    main()
