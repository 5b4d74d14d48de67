"""Tails and quantiles of each field where it varies most, with the band in which equal laws differ by chance.

On the left min(F, 1 - F) over y, logarithmic, so that both tails are seen; on the right the quantiles of a method minus
those of the truth, over these, in standard deviations. The band holds, at each place with 95 %, as many draws of the
truth's own law as the methods have, whatever the law (`statistics.order_statistics`).
"""

from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from sgmbench.report.figures.columns import Place, column, places_of
from sgmbench.report.figures.style import TRUTH, color, figure, head, legend_below, literal
from sgmbench.report.format import several
from sgmbench.statistics.order_statistics import draws_below

POINTS = 60  # in either half of a curve
MOST_FIELDS = 6
BAND = {"color": TRUTH, "alpha": 0.25, "linewidth": 0}
LEVELS = (0.01, 0.5, 0.99)

Column = Float[np.ndarray, " n"]


def draw_distributions(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """A row for each of the first fields that vary; arguments as in `draw_bands`. Nothing where none does."""
    places = places_of(truth, condition)[:MOST_FIELDS]
    if not places:
        return
    with figure(path, size=(8.4, 2.4 * len(places) + 0.8)) as drawing:
        panels = drawing.subplots(len(places), 2, squeeze=False)
        for (tails, quantiles), place in zip(panels, places, strict=True):
            true = column(truth, place, condition)
            found = {label: column(dataset, place, condition) for label, dataset in samples.items()}
            m = min((len(each) for each in found.values()), default=len(true))
            _draw_tails(tails, true, found, m, methods)
            _draw_quantiles(quantiles, true, found, m, methods)
            for panel in (tails, quantiles):
                panel.set_xlabel(literal(place.label))
                panel.locator_params(axis="x", nbins=5)
        legend_below(drawing, panels[0][0])
        head(drawing, title)


def distribution_words(truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str) -> str:
    """Some quantiles of each field, the truth's and the methods'."""
    return " ".join(_words(place, truth, samples, condition) for place in places_of(truth, condition)[:MOST_FIELDS])


def _words(place: Place, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str) -> str:
    every = {"the truth": truth} | samples
    told = [f"{label} {_numbers(column(dataset, place, condition))}" for label, dataset in every.items()]
    return f"Quantiles {' / '.join(f'{level:g}' for level in LEVELS)} of {place.label}: {several(told)}."


def _numbers(values: Column) -> str:
    return " / ".join(f"{value:.3g}" for value in np.quantile(values, LEVELS)) if len(values) else "none"


def _draw_tails(panel: Axes, true: Column, found: dict[str, Column], m: int, methods: list[str]) -> None:
    n, ranks = len(true), thinned(len(true))
    low, high = (np.clip(below, 0.5, m - 0.5) / m for below in draws_below(ranks, n=n, m=m))
    is_central = (low < 0.5) & (high > 0.5)
    top = np.where(is_central, 0.5, np.maximum(_folded(low), _folded(high)))
    panel.fill_between(true[ranks - 1], np.minimum(_folded(low), _folded(high)), top, label="chance, 95 %", **BAND)
    panel.plot(true[ranks - 1], _folded(ranks / (n + 1)), color=TRUTH, linewidth=0.8, label="truth")
    for label, values in found.items():
        ranks = thinned(len(values))
        share = _folded(ranks / (len(values) + 1))
        panel.plot(values[ranks - 1], share, color=color(methods, label), linewidth=1.2, label=label)
    panel.set(yscale="log", ylabel="min(F, 1 - F)")
    panel.yaxis.set_minor_locator(NullLocator())


def _draw_quantiles(panel: Axes, true: Column, found: dict[str, Column], m: int, methods: list[str]) -> None:
    n, sd, ranks = len(true), true.std(), thinned(m)
    at = _quantiles(true, ranks / (m + 1))
    low, high = (below.astype(int) for below in draws_below(ranks, n=m, m=n))
    least, most = true[np.clip(low - 1, 0, n - 1)], true[np.clip(high, 0, n - 1)]
    panel.fill_between(at, (least - at) / sd, (most - at) / sd, **BAND)
    panel.axhline(0, color=TRUTH, linewidth=0.8)
    for label, values in found.items():
        ranks = thinned(len(values))
        at = _quantiles(true, ranks / (len(values) + 1))
        panel.plot(at, (values[ranks - 1] - at) / sd, color=color(methods, label), linewidth=1.2)
    panel.set_ylabel("quantile - true one [sd]")


def thinned(n: int) -> Int[np.ndarray, " p"]:
    """Ranks from 1 to n, the extreme ones all, then ever fewer towards the middle; none of no draws."""
    if n == 0:
        return np.empty(0, int)
    half = np.round(np.geomspace(1, (n + 1) / 2, POINTS)).astype(int)
    return np.unique(np.concatenate([half, n + 1 - half]))


def _quantiles(values: Column, levels: Float[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
    """The kth of n draws is the quantile k / (n + 1)."""
    n = len(values)
    return np.interp(levels, np.arange(1, n + 1) / (n + 1), values)


def _folded(F: Float[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
    return np.minimum(F, 1 - F)
