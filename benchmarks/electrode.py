"""The main result, in full: runs an experiment on the porous electrode and writes `results/benchmarks/EXPERIMENT.md`.

make bench-electrode                              configs/porous_electrode.yaml, about 25 minutes on two cores
make bench-published                              configs/porous_electrode_published.yaml, about 20 minutes
make bench-controls                               configs/electrode_controls.yaml, about 5 minutes
python benchmarks/electrode.py EXPERIMENT RUN     the same page from a run that is there
"""

import io
import sys
from pathlib import Path

import numpy as np
from rich.console import Console

from sgmbench import api
from sgmbench.cli.progress import terminal_progress
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.terminal import bounded, tables
from sgmbench.report.worth import ENERGIES

ROOT = Path(__file__).parents[1]
FIELDS = ("c", "phi")
TITLES = {
    "porous_electrode": "Porous electrode",
    "porous_electrode_published": "Porous electrode, as published",
    "electrode_controls": "Control variates on the porous electrode",
}
MADE_BY = {
    "porous_electrode": "bench-electrode",
    "porous_electrode_published": "bench-published",
    "electrode_controls": "bench-controls",
}


def main() -> None:
    """Runs the experiment, or takes the run that is named, and writes the page."""
    experiment, *runs = sys.argv[1:]
    if runs:
        shown = api.show(runs[0])
        assert isinstance(shown, api.Answer), f"{runs[0]} is a problem; name the folder of a run"
        answer = shown
    else:
        with terminal_progress(quiet=False) as progress:
            answer = api.run(ROOT / "configs" / f"{experiment}.yaml", progress=progress)
    environment = answer.summary.record["environment"]
    console = Console(file=io.StringIO(), width=150)
    for table in tables(answer.summary):
        console.print(table)
    page = [
        f"# {TITLES[experiment]}",
        "",
        f"Made by `make {MADE_BY[experiment]}` from commit {environment['commit']}, started "
        f"{answer.summary.record['started'][:8]} on {environment['device']}, jax {environment['versions']['jax']}.",
        "",
        *(f"> {sentence}\n>" for sentence in answer.sentences),
        "",
        "```",
        "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()),  # type: ignore[attr-defined]
        "```",
        "",
        *by_replicate(answer.summary.targets[0]),
    ]
    (ROOT / "results" / "benchmarks" / f"{experiment}.md").write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def by_replicate(target: TargetSummary) -> list[str]:
    """Figures of diffusion at the listed conditions, replicate by replicate; nothing of a single one, or of none."""
    learned = [line for line in target.lines if line.method == "diffusion" and line.equivalent]
    if all(line.replicates == 1 for line in learned):
        return []
    rows = ["## Diffusion, replicate by replicate", "", "| runs | what | " + " | ".join(target.listed) + " |"]
    rows.append("|---|---|" + "---|" * len(target.listed))
    for line in learned:
        rows += [f"| {line.budget:,} | {what} | {' | '.join(cells)} |" for what, cells in figures(target, line)]
    return rows


def figures(target: TargetSummary, line: Line) -> list[tuple[str, list[str]]]:
    """(what, one cell for each listed condition)."""
    found = []
    for metric in ENERGIES:
        pooled = [bounded(line.equivalent[metric][c]) for c in target.listed]
        found.append((f"N_eq, {metric}, all replicates", pooled))
        d2, mu = (line.replicate_errors[f"{metric}/{part}"] for part in ("d2", "mu"))
        each = [", ".join(_runs(m / d) for d, m in zip(d2[c], mu[c], strict=True)) for c in target.listed]
        found.append((f"N_eq, {metric}, each", each))
    for metric, name in (("wasserstein", "W1/sd"), ("standard_deviation", "sd error"), ("roughness", "roughness")):
        for field in FIELDS:
            by = line.replicate_errors[f"{metric}/{field}"]
            cells = [f"{np.mean(by[c]):.3f} ({min(by[c]):.3f} to {max(by[c]):.3f})" for c in target.listed]
            found.append((f"{name} {field}, mean (range)", cells))
    for constraint in ("c.last_cell", "phi.first_cell"):
        by = line.errors[f"constraints/{constraint}"]
        found.append((f"violation of {constraint}, sd", [f"{by[c]:.1e}" for c in target.listed]))
    return found


def _runs(value: float) -> str:
    return f"{value:,.0f}" if value > 0 else "unresolved"


if __name__ == "__main__":
    main()
