"""Draws the figures of a run into its folder."""

from pathlib import Path

import xarray as xr

from sgmbench.report.ask_figures import draw_ask_figures
from sgmbench.report.figures.bands import draw_bands
from sgmbench.report.figures.costs import draw_costs
from sgmbench.report.figures.distributions import draw_distributions
from sgmbench.report.figures.error_against_cost import draw_error_against_cost, priced
from sgmbench.report.figures.error_against_runs import draw_error_against_runs
from sgmbench.report.figures.histograms import draw_histograms
from sgmbench.report.figures.maps import draw_maps
from sgmbench.report.figures.modes import draw_modes
from sgmbench.report.figures.pit import draw_pit
from sgmbench.report.figures.spectra import draw_spectra
from sgmbench.report.reach import place
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.worth import BY_SHARE, ENERGY
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples

OF_SAMPLES = {
    "bands": draw_bands,
    "maps": draw_maps,
    "histograms": draw_histograms,
    "distributions": draw_distributions,
    "modes": draw_modes,
    "spectra": draw_spectra,
    "pit": draw_pit,
}


def draw_figures(folder: RunFolder, summary: Summary, figures: Path | None = None) -> None:
    """Writes `error_against_runs.svg` and, for each target, `<target>_*.svg`.

    These are the decision map and the cost-accuracy frontier where its asks have answers, errors and seconds, and of
    kept samples those of `OF_SAMPLES`, at its first condition.

    Args:
        folder: the run.
        summary: of it.
        figures: where to; `figures/` of the run by default.
    """
    figures = figures or folder.path / "figures"
    draw_answers(figures, summary)
    for target in summary.targets:
        _draw_costs(figures, summary, target)
        truth = kept_truth(folder, target)
        if truth is not None:
            samples, condition = kept_samples(folder, target), next(iter(target.conditions))
            shared = {"title": title_at(summary, target, condition), "methods": summary.methods}
            for name, draw in OF_SAMPLES.items():
                draw(figures / f"{target.name}_{name}.svg", truth, samples, condition, **shared)
    with_energy = [t for t in summary.targets if any(ENERGY in line.equivalent for line in t.lines)]
    if with_energy:
        draw_error_against_runs(figures / "error_against_runs.svg", with_energy, metric=ENERGY, methods=summary.methods)


def draw_answers(figures: Path, summary: Summary) -> None:
    """The decision map and the frontier of each target that can be asked, into a folder."""
    for target in summary.targets:
        if target.conditions and not target.failed_because and not target.pairs:
            draw_ask_figures(figures, summary, target)


def _draw_costs(figures: Path, summary: Summary, target: TargetSummary) -> None:
    """Seconds, and errors over them."""
    configuration = summary.record["configuration"]
    prices = priced(target, configuration["ask"])
    if prices and any(ENERGY in line.equivalent for line in target.lines):
        path = figures / f"{target.name}_error_against_cost.svg"
        draw_error_against_cost(path, target, prices, methods=summary.methods)
    if lines := [line for line in target.lines if line.seconds]:
        title = f"{configuration['name']}, {target.name}: seconds of a replicate"
        draw_costs(figures / f"{target.name}_costs.svg", lines, title=title)


def kept_truth(folder: RunFolder, target: TargetSummary) -> xr.Dataset | None:
    """The rows of a target's reference that were kept, where they were."""
    path = folder.path / "references" / f"{target.name}.nc"
    return read_samples(path) if path.exists() else None


def kept_samples(folder: RunFolder, target: TargetSummary) -> dict[str, xr.Dataset]:
    """Kept samples of the Generators at their largest budget: the one worth most, and diffusion."""
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


def title_at(summary: Summary, target: TargetSummary, condition: str) -> str:
    """The experiment, the target and where."""
    return f"{summary.record['configuration']['name']}, {target.name}{_at(target, condition)}"


def _at(target: TargetSummary, condition: str) -> str:
    if target.pairs:
        return f" at the conditions of {target.pairs:,} held-out runs"
    return "" if len(target.conditions) == 1 and target.name == "marginal" else f" at {place(target, condition)}"


def _worth(target: TargetSummary) -> dict[tuple[str, int], float]:
    """By method and budget, more being better: equivalent runs, or over held-out pairs minus the energy score.

    The runs are those by energy, and of a decomposition those by the share of the field that has the fewest.
    """
    if target.pairs:
        return {(standing.method, standing.budget): -standing.score for standing in target.standings}
    measured = {(line.method, line.budget): _median_runs(line) for line in target.lines}
    return {key: min(runs) for key, runs in measured.items() if runs}


def _median_runs(line: Line) -> list[float]:
    return [line.median(part).value for part in line.equivalent if part == ENERGY or part.startswith(BY_SHARE)]
