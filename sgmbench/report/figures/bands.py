"""Mean and 95 % band along x of each field: the truth as an area, a method as lines."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sgmbench.report.figures.style import TRUTH, color, figure, head, legend_below, literal

LEVELS = (0.025, 0.975)


def draw_bands(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """One panel for each field with one axis.

    Args:
        path: the SVG file.
        truth: samples of the reference.
        samples: samples of methods by label.
        condition: which condition to show.
        title: says the problem and the condition.
        methods: all labels of the experiment, for their colors.
    """
    fields = [name for name, variable in truth.data_vars.items() if len(variable.dims) == 3]
    if not fields:
        return
    with figure(path, size=(max(3.8 * len(fields), 5), 3.4)) as drawing:
        panels = np.atleast_1d(drawing.subplots(1, len(fields)))
        for panel, name in zip(panels, fields, strict=True):
            _draw_field(panel, truth[name].sel(condition=condition), None)
            for label, dataset in samples.items():
                _draw_field(panel, dataset[name].sel(condition=condition), (label, color(methods, label)))
        legend_below(drawing, panels[0])
        head(drawing, title)


def _draw_field(panel: Axes, values: xr.DataArray, method: tuple[str, str] | None) -> None:
    axis = values.dims[-1]
    x, rows = values[axis].to_numpy(), values.to_numpy()
    rows = rows[np.isfinite(rows).all(axis=1)]
    low, high = np.quantile(rows, LEVELS, axis=0)
    if method is None:
        panel.fill_between(x, low, high, color=TRUTH, alpha=0.25, linewidth=0, label="truth, 95 %")
        panel.plot(x, rows.mean(axis=0), color=TRUTH, label="truth, mean")
        panel.set_xlabel(literal(f"{axis} [{values[axis].attrs['units']}]"))
        panel.set_ylabel(literal(f"{values.name} [{values.attrs['units']}]"))
        return
    label, hue = method
    panel.plot(x, rows.mean(axis=0), color=hue, linestyle="--", label=f"{label}, mean")
    for edge, name in ((low, f"{label}, 95 %"), (high, None)):
        panel.plot(x, edge, color=hue, linestyle=":", label=name)
