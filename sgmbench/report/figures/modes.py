"""Pair plot of the leading Karhunen-Loeve modes of the truth: what means and deviations of single places do not show.

Each field is divided by its rms standard deviation; with X the centered rows of the truth's sample, X = U S V^T, a set
of rows Y has the coordinates a = (Y - mean) V / (S / sqrt(n)): of the truth they are uncorrelated with unit variance.
Histograms on the diagonal, pairs below it, at most `ROWS` points of each.
"""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes

from sgmbench.report.figures.columns import fields_of, rows_of
from sgmbench.report.figures.density import draw_density
from sgmbench.report.figures.style import TRUTH, color, figure, head
from sgmbench.report.format import several

MODES = 3
ROWS = 300
BINS = 25
LARGEST = 500  # rows that modes are taken of: so many tell the leading ones

Coordinates = Float[np.ndarray, "n k"]


def draw_modes(
    path: Path, truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str, *, title: str, methods: list[str]
) -> None:
    """Arguments as in `draw_bands`; nothing where there are fewer than two modes."""
    coordinates = mode_coordinates(truth, samples, condition)
    true = coordinates.pop(TRUE)
    k = true.shape[1]
    if k < 2:
        return
    with figure(path, size=(2.4 * k, 2.3 * k + 0.5)) as drawing:
        panels = drawing.subplots(k, k, squeeze=False)
        for i in range(k):
            for j in range(k):
                _draw(panels[i][j], i, j, true, coordinates, methods)
        handles, labels = panels[0][0].get_legend_handles_labels()
        panels[0][k - 1].legend(handles, labels, loc="center", fontsize=8)
        head(drawing, title)


TRUE = "truth"


def mode_coordinates(truth: xr.Dataset, samples: dict[str, xr.Dataset], condition: str) -> dict[str, Coordinates]:
    """The leading coordinates of the truth, under "truth", and of each method."""
    fields = fields_of(truth)
    true = _scaled(truth, fields, condition, truth)
    mean = true.mean(axis=0)
    _, size, V = np.linalg.svd(true[:LARGEST] - mean, full_matrices=False)
    k = min(MODES, int(np.sum(size > 1e-6 * size[0])) if len(size) and size[0] > 0 else 0)
    V = V[:k] * np.sign(V[np.arange(k), np.argmax(np.abs(V[:k]), axis=1)])[:, None]
    along = (true - mean) @ V.T
    sd = along.std(axis=0)
    every = {label: _scaled(dataset, fields, condition, truth) for label, dataset in samples.items()}
    return {TRUE: along / sd} | {label: (rows - mean) @ V.T / sd for label, rows in every.items()}


def mode_words(coordinates: dict[str, Coordinates]) -> str:
    """Standard deviation of each mode and the largest correlation of two, by method; the truth has 1 and 0."""
    told = []
    for label, a in coordinates.items():
        if label == TRUE or len(a) < 3 or a.shape[1] < 2:
            continue
        off = np.abs(np.corrcoef(a.T) - np.eye(a.shape[1])).max()
        told.append(
            f"{label} has standard deviations {' / '.join(f'{s:.2g}' for s in a.std(axis=0))} and a largest "
            f"correlation of {off:.2g}"
        )
    return f"The truth has unit standard deviations and no correlation; {several(told)}." if told else ""


def _scaled(dataset: xr.Dataset, fields: list[str], condition: str, truth: xr.Dataset) -> Float[np.ndarray, "n d"]:
    """All fields side by side, each over the truth's rms standard deviation; rows that are no numbers left out."""
    blocks = []
    for field in fields:
        values = dataset[field].sel(condition=condition).to_numpy()
        rms = float(np.sqrt(np.mean(rows_of(truth, field, condition).var(axis=0))))
        blocks.append(values.reshape(len(values), -1) / (rms or 1.0))
    rows = np.concatenate(blocks, axis=1)
    return rows[np.isfinite(rows).all(axis=1)]


def _draw(
    panel: Axes, i: int, j: int, true: Coordinates, coordinates: dict[str, Coordinates], methods: list[str]
) -> None:
    if j > i:
        panel.set_axis_off()
        return
    if i == j:
        edges = np.histogram_bin_edges(true[:, i], BINS)
        draw_density(panel, true[:, i], edges, fill=True, color=TRUTH, alpha=0.3, label=TRUE)
        for label, a in coordinates.items():
            draw_density(panel, a[:, i], edges, color=color(methods, label), label=label)
        panel.set_yticks([])
    else:
        panel.plot(true[:ROWS, j], true[:ROWS, i], ".", color=TRUTH, markersize=4, markeredgewidth=0, alpha=0.6)
        for label, a in coordinates.items():
            look: dict[str, Any] = {"color": color(methods, label), "markersize": 4, "markeredgewidth": 0, "alpha": 0.6}
            panel.plot(a[:ROWS, j], a[:ROWS, i], ".", **look)
    if i == true.shape[1] - 1:
        panel.set_xlabel(f"mode {j + 1} [sd]")
    if j == 0 and i > 0:
        panel.set_ylabel(f"mode {i + 1} [sd]")
