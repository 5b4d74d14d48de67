"""Calibration: how often the truth lies in the central intervals of a method.

Where something is given it is the metric `coverage`, over held-out runs or at all conditions. Of kept samples at the
first condition of a target it is the share of the truth's rows between the method's quantiles, mean over coordinates:
with M samples in ascending order the quantile of level p is the p (M + 1) th of them, between which a further draw of
the same law lies with probability exactly the level, up to the interpolation between two draws. Of kept samples there
are histograms of the probability integral transform, too, at one condition or of held-out runs each at its own
(`report.figures.pit`).
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from jaxtyping import Float

from sgmbench.report.figures.columns import fields_of, rows_of
from sgmbench.report.figures.pit import pit_words
from sgmbench.report.format import count
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, html_of
from sgmbench.report.summary import TargetSummary

LEVELS = (0.5, 0.9, 0.99)
COVERAGE = "coverage/"
NONE = (
    "Not known: this run kept no samples, and coverage is not among its metrics. Write keep_samples: first_replicate "
    "and run it again."
)
CAPTION = (
    "Of a calibrated method the share is the level; below it the intervals are too narrow or misplaced, above it too "
    "wide. Mean over the coordinates of a field that vary."
)
NO_MODEL = "Not known: no model of a law was scored, whose intervals could be held against runs of the truth."
PIT = (
    "Where true values lie in the law that they should have: all over it alike, up to chance, where that is right. A "
    "cup is of a law too narrow, a cap of one too wide, a slope of one that is misplaced."
)


def calibration_section(reported: Reported) -> Section:
    """Tables and histograms of each target that can be told of."""
    body = joined(each for target in reported.summary.targets for each in _of_target(reported, target))
    return Section("calibration", "Calibration", body or tag("p", NO_MODEL if reported.keeps_samples else NONE))


def _of_target(reported: Reported, target: TargetSummary) -> Iterator[Markup]:
    yield from map(html_of, _grids(reported, target))
    if kept := reported.kept.get(target.name):
        said = pit_words(kept.truth, kept.samples, kept.condition)
        alt = f"PIT histograms of {kept.title}: {said}"
        yield drawing(reported.figures / f"{target.name}_pit.svg", alt, caption=PIT)


def _grids(reported: Reported, target: TargetSummary) -> Iterator[Grid]:
    if rows := _scored(target):
        title = f"{target.name}: coverage {_over(target)}"
        yield Grid(title, ["method", "runs", "field", "level", "share"], rows, frozenset({0, 2}), caption=CAPTION)
    kept = reported.kept.get(target.name)
    if kept is None or target.pairs:
        return
    rows = [
        [label, field, f"{100 * level:g} %", f"{100 * share:.1f} %"]
        for label, dataset in kept.samples.items()
        for field in fields_of(kept.truth)
        for level, share in _of_field(kept.truth, dataset, field, kept.condition)
    ]
    if rows:
        title = f"{kept.title}: share of the truth's rows in central intervals"
        yield Grid(title, ["method", "field", "level", "share"], rows, frozenset({0, 1}), caption=CAPTION)


def _over(target: TargetSummary) -> str:
    if target.pairs:
        return f"of held-out runs over {target.pairs:,} pairs"
    conditions = len(target.conditions)
    return f"of the truth's runs, mean over {conditions} conditions" if conditions > 1 else "of the truth's runs"


def _scored(target: TargetSummary) -> list[list[str]]:
    """Scores of `coverage` are shares less the level."""
    rows = []
    for line in target.lines:
        for part, by in line.errors.items():
            if part.startswith(COVERAGE):
                field, _, level = part.removeprefix(COVERAGE).rpartition("/")
                share = f"{100 * (float(level) + float(np.mean(list(by.values())))):.1f} %"
                rows.append([line.method, count(line.budget), field, f"{100 * float(level):g} %", share])
    return rows


def _of_field(truth: xr.Dataset, dataset: xr.Dataset, field: str, condition: str) -> list[tuple[float, float]]:
    true, found = (rows_of(each, field, condition) for each in (truth, dataset))
    varies = true.std(axis=0) > 0
    if not varies.any() or len(found) < 2:
        return []
    return [(level, coverage(true[:, varies], found[:, varies], level)) for level in LEVELS]


def coverage(true: Float[np.ndarray, "n d"], found: Float[np.ndarray, "m d"], level: float) -> float:
    """Share of the truth's values between the quantiles of found ones."""
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0, method="weibull")
    return float(np.mean((true >= low) & (true <= high)))
