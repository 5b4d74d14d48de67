"""Samples on disk: NetCDF4 with named dimensions, units and a Fletcher-32 checksum of each block.

What scores need beside the values stands there where it is not the usual: `row_weight` where rows weigh differently,
`row_run` where several are of one solver run, `row_pair` and `row_outer` where they are of held-out runs or of one z
(`core.samples`). So the rows of a cell can be scored again as they were.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sgmbench.core.layout import Layout
from sgmbench.core.samples import Samples
from sgmbench.store.atomic import write_bytes

BESIDE = ("weight", "run", "pair", "outer")
NO_ROW = {"weight": np.nan, "run": -1, "pair": -1, "outer": -1}


def to_dataset(values: Mapping[str, np.ndarray | Samples], layout: Layout) -> xr.Dataset:
    """Rows of samples by condition as variables `field(condition, sample, x...)`, missing rows NaN."""
    rows = {name: each.values if isinstance(each, Samples) else each for name, each in values.items()}
    stacked = _stacked(list(rows.values()), np.nan)
    variables, coordinates = {}, {"condition": list(rows)}
    for field in layout.fields:
        block = stacked[..., layout.slices[field.name]].reshape(*stacked.shape[:2], *field.shape)
        names = [axis.name for axis in field.axes]
        variables[field.name] = (["condition", "sample", *names], block, {"units": field.unit})
        coordinates |= {axis.name: (axis.name, list(axis.coordinates), {"units": axis.unit}) for axis in field.axes}
    for name, columns in _beside([each for each in values.values() if isinstance(each, Samples)]).items():
        variables[f"row_{name}"] = (["condition", "sample"], _stacked(columns, NO_ROW[name]))
    return xr.Dataset(variables, coordinates)


def write_samples(path: Path, values: Mapping[str, np.ndarray | Samples], layout: Layout) -> None:
    """Writes `samples.nc` atomically."""
    dataset = to_dataset(values, layout)
    encoding = {name: {"fletcher32": True, "zlib": True, "complevel": 1} for name in dataset.data_vars}
    buffer = io.BytesIO()
    dataset.to_netcdf(buffer, engine="h5netcdf", encoding=encoding)
    write_bytes(path, buffer.getvalue())


def read_samples(path: Path) -> xr.Dataset:
    """The samples of a cell, loaded."""
    with xr.open_dataset(io.BytesIO(path.read_bytes()), engine="h5netcdf") as dataset:
        return dataset.load()


def samples_at(dataset: xr.Dataset, condition: str, layout: Layout, *, is_law: bool) -> Samples:
    """The rows kept at one condition, as they were scored."""
    at = dataset.sel(condition=condition)
    blocks = [at[field.name].to_numpy().reshape(at.sizes["sample"], -1) for field in layout.fields]
    values = np.concatenate(blocks, axis=1).astype("float64")
    kept = np.all(np.isfinite(values), axis=1)
    beside = {name: at[f"row_{name}"].to_numpy()[kept] for name in BESIDE if f"row_{name}" in at}
    n = int(kept.sum())
    usual = {"weight": np.full(n, 1 / max(n, 1)), "run": np.arange(n), "pair": None, "outer": None}
    told: dict[str, Any] = usual | beside
    return Samples(values[kept], layout, is_law, told["weight"], told["run"], told["pair"], told["outer"])


def _stacked(rows: list[np.ndarray], missing: float) -> np.ndarray:
    """Arrays of different lengths as one."""
    shape = (len(rows), max(map(len, rows)), *rows[0].shape[1:])
    found = np.full(shape, missing, np.result_type(rows[0].dtype, type(missing)))
    for place, each in zip(found, rows, strict=True):
        place[: len(each)] = each
    return found


def _beside(every: list[Samples]) -> dict[str, list[np.ndarray]]:
    """What is not the usual of the rows, by condition."""
    told = {
        "weight": any(not each.has_equal_weights for each in every),
        "run": any(len(np.unique(each.run)) < len(each.run) for each in every),
        "pair": any(each.pair is not None for each in every),
        "outer": any(each.outer is not None for each in every),
    }
    columns = {"weight": "weights"}
    return {name: [getattr(each, columns.get(name, name)) for each in every] for name in BESIDE if told[name]}
