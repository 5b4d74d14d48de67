"""Histograms of the probability integral transform, of each field where it varies most: how calibrated samples are.

Of a true value y and M samples x_j of the law that it should have, rank b = #{x_j < y} and t = #{x_j <= y} - b ties,

    PIT ~ U(b / (M + 1), (b + t + 1) / (M + 1)),

which is uniform on [0, 1] over y, exactly, where y is one more draw of the same law. Shown is its density over B bins,
the mean over true values of what of these intervals lies in each: 1 throughout where the law is right, a cup where it
is too narrow, a cap where it is too wide, a slope where it is misplaced. True values are the held-out runs of a data
set, each against the samples at its own condition, or the rows of a reference against the samples at its one condition.
The band is 1 +- 1.96 (B - 1)^1/2 (1/n + 1/m)^1/2, with n true values and m samples that all of them share, infinitely
many where each has its own.

Source: C. Czado, T. Gneiting, L. Held, "Predictive model assessment for count data", Biometrics 65 (2009) 1254-1261.
"""

import math
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes

from sgmbench.report.figures.columns import Place, column, places_of, rows_of
from sgmbench.report.figures.style import TRUTH, color, figure, head, legend_below, literal
from sgmbench.report.format import percent, several
from sgmbench.statistics.intervals import TWO_SIDED

BINS = 10
MOST_FIELDS = 6
BESIDE = 3  # panels in a row
BAND = {"color": TRUTH, "alpha": 0.25, "linewidth": 0}

Interval = tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]
"""Ends of the interval over which the PIT of each true value is spread."""


def draw_pit(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """A panel for each of the first fields that vary; arguments as in `draw_bands`. Nothing without a method."""
    places = places_of(truth, condition)[:MOST_FIELDS] if samples else []
    if not places:
        return
    rows, beside = math.ceil(len(places) / BESIDE), min(len(places), BESIDE)
    with figure(path, size=(max(3.0 * beside, 5), 2.1 * rows + 0.8)) as drawing:
        grid = drawing.subplots(rows, beside, sharey=True, squeeze=False)
        for panel, place in zip(grid.flat, places, strict=False):
            _draw(panel, place, truth, samples, condition, methods)
        for panel in grid.flat[len(places) :]:
            panel.remove()
        for panel in grid[:, 0]:
            panel.set_ylabel("density of PIT")
        grid[0, 0].set_ylim(bottom=0)
        legend_below(drawing, grid[0, 0])
        head(drawing, title)


def _draw(
    panel: Axes, place: Place, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, methods: list[str]
) -> None:
    intervals = _ranked(truth, samples, place, condition)
    if not intervals:
        return
    B = min(map(bins_of, intervals.values()))
    n = min(len(low) for low, _ in intervals.values())
    m = min(_shared(samples[label], place, condition) for label in intervals)
    half = TWO_SIDED * math.sqrt((B - 1) * (1 / n + 1 / m))
    panel.fill_between([0, 1], max(1 - half, 0.0), 1 + half, label="chance, 95 %", **BAND)
    panel.axhline(1, color=TRUTH, linewidth=0.8)
    edges = np.linspace(0, 1, B + 1)
    for label, interval in intervals.items():
        panel.stairs(
            B * shares(*interval, B), edges, baseline=None, color=color(methods, label), linewidth=1.4, label=label
        )
    panel.set(xlim=(0, 1), xticks=[0, 0.5, 1], xlabel=literal(f"PIT of {place.label.partition(' [')[0]}"))


def pit_words(truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str) -> str:
    """What of the true values lies in the outer tenths of each law, where a fifth should; "" of no method."""
    said = []
    for place in places_of(truth, condition)[:MOST_FIELDS] if samples else []:
        found = _ranked(truth, samples, place, condition)
        outer = {label: float(shares(*interval, 10)[[0, -1]].sum()) for label, interval in found.items()}
        if outer:
            told = [f"{percent(share)} lie in the outer tenths of {label}" for label, share in outer.items()]
            said.append(f"of the true values of {place.label} {several(told)}")
    return f"{'; '.join(said)}; of a calibrated method's 20 %." if said else ""


def _ranked(truth: xr.Dataset, samples: dict[str, xr.Dataset], place: Place, condition: str) -> dict[str, Interval]:
    """The intervals of each method that has any samples."""
    found = {label: intervals_of(truth, dataset, place, condition) for label, dataset in samples.items()}
    return {label: (low, high) for label, (low, high) in found.items() if len(low)}


def intervals_of(truth: xr.Dataset, dataset: xr.Dataset, place: Place, condition: str) -> Interval:
    """Of each true value; of held-out runs without any kept sample there is none."""
    y = rows_of(truth, place.field, condition)[:, place.index]
    if "row_pair" not in dataset:
        x = column(dataset, place, condition)
        below, upto, M = np.searchsorted(x, y, "left"), np.searchsorted(x, y, "right"), np.full(len(y), len(x))
    else:
        x = dataset[place.field].sel(condition=condition).to_numpy()
        x, pair = x.reshape(len(x), -1)[:, place.index], dataset["row_pair"].sel(condition=condition).to_numpy()
        kept = np.isfinite(x) & (pair >= 0) & (pair < len(y))
        x, pair = x[kept], pair[kept].astype(int)
        below, upto = (np.bincount(pair, weights=is_less, minlength=len(y)) for is_less in (x < y[pair], x <= y[pair]))
        M = np.bincount(pair, minlength=len(y))
    some = M > 0
    return (below[some] / (M[some] + 1)), ((upto[some] + 1) / (M[some] + 1))


def shares(low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"], bins: int) -> Float[np.ndarray, " bins"]:
    """What of these intervals lies in each of some bins of [0, 1]."""
    edges = np.linspace(0, 1, bins + 1)[:, None]
    return np.diff(np.clip((edges - low) / (high - low), 0, 1).mean(axis=1))


def bins_of(interval: Interval) -> int:
    """As many as there are ranks, ten at most."""
    low, high = interval
    return min(BINS, round(1 / float(np.min(high - low))))


def _shared(dataset: xr.Dataset, place: Place, condition: str) -> float:
    """Samples that all true values are ranked among."""
    return math.inf if "row_pair" in dataset else len(column(dataset, place, condition))
