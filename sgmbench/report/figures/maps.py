"""Mean and standard deviation of fields with two axes as images: the truth, then each method, on one scale a row."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes

from sgmbench.report.figures.columns import fields_of, rows_of
from sgmbench.report.figures.style import figure, head, literal

COLORS = "cividis"  # even in lightness, and the same to color-blind eyes
MOST_FIELDS = 3

Image = Float[np.ndarray, "n m"]


def draw_maps(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """Two rows for each of the first fields with two axes; arguments as in `draw_bands`. Nothing where none has."""
    fields = [name for name in fields_of(truth) if truth[name].ndim == 4][:MOST_FIELDS]
    if not fields:
        return
    shown = {"truth": truth} | {label: samples[label] for label in methods if label in samples}
    with figure(path, size=(2.5 * len(shown) + 1.0, 4.2 * len(fields) + 0.4)) as drawing:
        panels = drawing.subplots(2 * len(fields), len(shown), squeeze=False)
        for i, name in enumerate(fields):
            moments = [_moments(dataset, name, condition) for dataset in shown.values()]
            for row, images, words in zip(panels[2 * i :], zip(*moments, strict=True), ("mean", "sd"), strict=False):
                drawn = _draw_row(row, list(images), truth[name])
                label = literal(f"{words} of {name} [{truth[name].attrs['units']}]")
                drawing.colorbar(drawn, ax=row, label=label, shrink=0.9)
        for panel, label in zip(panels[0], shown, strict=True):
            panel.set_title(literal(label))
        head(drawing, title)


def _moments(dataset: xr.Dataset, name: str, condition: str) -> tuple[Image, Image]:
    rows, shape = rows_of(dataset, name, condition), dataset[name].shape[2:]
    return rows.mean(axis=0).reshape(shape), rows.std(axis=0).reshape(shape)


def _extent(field: xr.DataArray) -> tuple[float, float, float, float]:
    """From the first to the last coordinate of the second axis, then of the first."""
    first, second = (field[axis].to_numpy() for axis in field.dims[2:])
    return float(second[0]), float(second[-1]), float(first[0]), float(first[-1])


def _draw_row(panels: list[Axes], images: list[Image], field: xr.DataArray) -> Any:
    low, high = min(np.min(each) for each in images), max(np.max(each) for each in images)
    across, up = field.dims[:1:-1]
    drawn = None
    for panel, image in zip(panels, images, strict=True):
        look: dict[str, Any] = {"origin": "lower", "cmap": COLORS, "vmin": low, "vmax": high, "aspect": "auto"}
        drawn = panel.imshow(image, extent=_extent(field), **look)
        panel.set_xlabel(literal(f"{across} [{field[across].attrs['units']}]"))
        panel.locator_params(nbins=4)
    panels[0].set_ylabel(literal(f"{up} [{field[up].attrs['units']}]"))
    return drawn
