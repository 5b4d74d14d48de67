"""Power spectra of fields on a uniform axis, the last one, and their ratio to the true one with a band of chance.

P_k is the mean square over rows, and over all other axes, of the type-II discrete cosine transform along the axis of a
field minus the truth's mean (as in `metrics.spectrum`). Its relative standard error from n rows is s_k / (P_k sqrt n),
s_k the standard deviation of the square over the truth's rows; a set of m rows lies within
P_k exp(+- 1.96 (s_k / P_k) sqrt(1/n + 1/m)) of the truth's with about 95 %.
"""

from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from scipy.fft import dct

from sgmbench.report.figures.columns import fields_of, rows_of
from sgmbench.report.figures.style import TRUTH, color, figure, head, legend_below, literal

SURE = 1.96  # standard errors
FEWEST = 4  # places along the axis that make a spectrum
NEGLIGIBLE = 1e-12  # of the total power: rounding errors
MOST_APART = 100.0  # a ratio of powers that is drawn
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1.0, 1.4, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LARGEST_FIELD = 100_000  # places: beyond it the transforms take seconds


def draw_spectra(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """Two panels for each field with a uniform last axis; arguments as in `draw_bands`."""
    fields = [name for name in fields_of(truth) if has_spectrum(truth, name, condition)]
    if not fields:
        return
    with figure(path, size=(max(3.8 * len(fields), 5), 4.6)) as drawing:
        panels = drawing.subplots(2, len(fields), squeeze=False, sharex="col", height_ratios=(3, 2))
        for column, name in zip(panels.T, fields, strict=True):
            _draw_field(column[0], column[1], name, truth, samples, condition, methods)
        panels[0][0].set_ylabel("power of a mode")
        panels[1][0].set_ylabel("over the true one")
        legend_below(drawing, panels[1][0])
        head(drawing, title)


def has_spectrum(truth: xr.Dataset, name: str, condition: str) -> bool:
    """Whether a field varies and its last axis is uniform and long enough."""
    shape = truth[name].shape[2:]
    if not shape or shape[-1] < FEWEST or np.prod(shape) > LARGEST_FIELD:
        return False
    steps = np.diff(truth[truth[name].dims[-1]].to_numpy())
    return bool(np.allclose(steps, steps[0], rtol=1e-6, atol=0)) and bool(
        rows_of(truth, name, condition).std(axis=0).any()
    )


def powers(rows: Float[np.ndarray, "n d"], mean: Float[np.ndarray, " d"], length: int) -> Float[np.ndarray, "n k"]:
    """The power of each mode along the last axis, of each row."""
    grid = (rows - mean).reshape(len(rows), -1, length)
    return np.mean(np.square(np.asarray(dct(grid, type=2, norm="ortho", axis=-1))), axis=1)


def _draw_field(
    panel: Axes,
    ratio: Axes,
    name: str,
    truth: xr.Dataset,
    samples: dict[str, xr.Dataset],
    condition: str,
    methods: list[str],
) -> None:
    true, length = rows_of(truth, name, condition), truth[name].shape[-1]
    mean = true.mean(axis=0)
    each = powers(true, mean, length)
    P = each.mean(axis=0)
    kept = NEGLIGIBLE * P.sum() < P
    kept[0] = False  # a logarithmic axis has no place for k = 0
    k, P = np.arange(length)[kept], P[kept]
    found = {label: rows_of(dataset, name, condition) for label, dataset in samples.items()}
    found = {label: rows for label, rows in found.items() if len(rows)}
    n, m = len(true), min(map(len, found.values()), default=len(true))
    width = np.exp(SURE * each.std(axis=0)[kept] / P * np.sqrt(1 / n + 1 / m))
    panel.plot(k, P, color=TRUTH, linewidth=0.8)
    ratio.fill_between(k, 1 / width, width, color=TRUTH, alpha=0.25, linewidth=0, label="chance, 95 %")
    ratio.axhline(1, color=TRUTH, linewidth=0.8, label="truth")
    for label, rows in found.items():
        theirs, look = powers(rows, mean, length).mean(axis=0)[kept], {"color": color(methods, label), "linewidth": 1.2}
        panel.plot(k, theirs, **look)
        ratio.plot(k, theirs / P, label=label, **look)
    panel.set(xscale="log", yscale="log", title=literal(name))
    ratio.set(yscale="log", xlabel=literal(f"k along {truth[name].dims[-1]}"))
    low, high = ratio.get_ylim()
    ratio.set_ylim(max(low, 1 / MOST_APART), min(high, MOST_APART))
    ratio.yaxis.set_major_locator(FixedLocator(RATIOS))
    ratio.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))
    for axis in (panel.xaxis, panel.yaxis, ratio.xaxis, ratio.yaxis):
        axis.set_minor_locator(NullLocator())
