"""Draws the figures of a run into its folder."""

import xarray as xr

from sgmbench.report.ask_figures import draw_ask_figures
from sgmbench.report.figures.bands import draw_bands
from sgmbench.report.figures.error_against_runs import draw_error_against_runs
from sgmbench.report.figures.histograms import draw_histograms
from sgmbench.report.reach import place
from sgmbench.report.summary import ENERGY, Summary, TargetSummary
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples


def draw_figures(folder: RunFolder, summary: Summary) -> None:
    """Writes `figures/*.svg`: bands and histograms at the first condition of each target, error against runs.

    And, where its asks have answers, the decision map and the cost-accuracy frontier.
    """
    figures = folder.path / "figures"
    for target in summary.targets:
        if target.conditions and not target.failed_because and not target.pairs:
            draw_ask_figures(figures, summary, target)
        truth_path = folder.path / "references" / f"{target.name}.nc"
        if not truth_path.exists():
            continue
        truth, samples = read_samples(truth_path), _samples(folder, target)
        condition = next(iter(target.conditions))
        title = f"{summary.record['configuration']['name']}, {target.name}{_at(target, condition)}"
        for name, draw in (("bands", draw_bands), ("histograms", draw_histograms)):
            path = figures / f"{target.name}_{name}.svg"
            draw(path, truth, samples, condition, title=title, methods=summary.methods)
    with_energy = [t for t in summary.targets if any(ENERGY in line.equivalent for line in t.lines)]
    if with_energy:
        draw_error_against_runs(figures / "error_against_runs.svg", with_energy, metric=ENERGY, methods=summary.methods)


def _at(target: TargetSummary, condition: str) -> str:
    if target.pairs:
        return f" at the conditions of {target.pairs:,} held-out runs"
    return "" if len(target.conditions) == 1 and target.name == "marginal" else f" at {place(target, condition)}"


def _samples(folder: RunFolder, target: TargetSummary) -> dict[str, xr.Dataset]:
    """Kept samples of the Generators at their largest budget: the best of them by energy, and diffusion."""
    worth = _worth(target)
    largest = {}
    for line in target.lines:
        if line.kind == "generator" and (line.method, line.budget) in worth:
            largest[line.method] = max(line, largest.get(line.method, line), key=lambda each: each.budget)
    ranked = sorted(largest.values(), key=lambda line: -worth[line.method, line.budget])[:1]
    chosen = list(dict.fromkeys([line.method for line in ranked] + (["diffusion"] if "diffusion" in largest else [])))
    found = {}
    for method in chosen:
        path = folder.cell(f"{target.name}.{method}.{largest[method].budget}.r0") / "samples.nc"
        if path.exists():
            found[method] = read_samples(path)
    return found


def _worth(target: TargetSummary) -> dict[tuple[str, int], float]:
    """By method and budget, more being better: equivalent runs, or over held-out pairs minus the energy score."""
    if target.pairs:
        return {(standing.method, standing.budget): -standing.score for standing in target.standings}
    return {(line.method, line.budget): line.median().value for line in target.lines if ENERGY in line.equivalent}
