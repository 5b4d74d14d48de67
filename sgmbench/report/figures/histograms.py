"""Histograms of each field at three places: the truth as an area, methods as outlines."""

from pathlib import Path

import numpy as np
import xarray as xr

from sgmbench.report.figures.density import draw_density
from sgmbench.report.figures.style import TRUTH, color, figure, head, legend_below, literal

BINS = 30
PLACES = (0.1, 0.5, 0.9)


def draw_histograms(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """One row for each field with one axis, one column for each place; arguments as in `draw_bands`."""
    fields = [name for name, variable in truth.data_vars.items() if len(variable.dims) == 3]
    if not fields:
        return
    with figure(path, size=(8.4, 2.2 * len(fields) + 0.7)) as drawing:
        panels = drawing.subplots(len(fields), len(PLACES), squeeze=False)
        for row, name in zip(panels, fields, strict=True):
            places = _places(truth[name])
            for panel, place in zip(row, places, strict=True):
                true = _column(truth[name], condition, place)
                edges = np.histogram_bin_edges(true, BINS)
                draw_density(panel, true, edges, fill=True, color=TRUTH, alpha=0.3, label="truth")
                for label, dataset in samples.items():
                    values = _column(dataset[name], condition, place)
                    draw_density(panel, values, edges, color=color(methods, label), label=label)
                axis = truth[name].dims[-1]
                x = float(truth[axis][place])
                panel.set_xlabel(literal(f"{name}({axis} = {x:.3g}) [{truth[name].attrs['units']}]"))
                panel.locator_params(axis="x", nbins=4)
                panel.set_yticks([])
        legend_below(drawing, panels[0][0])
        head(drawing, title)


def _places(field: xr.DataArray) -> list[int]:
    return [round(place * (field.shape[-1] - 1)) for place in PLACES]


def _column(field: xr.DataArray, condition: str, place: int) -> np.ndarray:
    values = field.sel(condition=condition).to_numpy()[:, place]
    return values[np.isfinite(values)]
