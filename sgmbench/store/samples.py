"""Samples on disk: NetCDF4 with named dimensions, units and a Fletcher-32 checksum of each block."""

import io
from pathlib import Path

import numpy as np
import xarray as xr

from sgmbench.core.layout import Layout
from sgmbench.store.atomic import write_bytes


def to_dataset(values: dict[str, np.ndarray], layout: Layout) -> xr.Dataset:
    """Rows of samples by condition as variables `field(condition, sample, x...)`, missing rows NaN."""
    longest = max(len(rows) for rows in values.values())
    stacked = np.full((len(values), longest, layout.size), np.nan)
    for place, rows in zip(stacked, values.values(), strict=True):
        place[: len(rows)] = rows
    variables, coordinates = {}, {"condition": list(values)}
    for field in layout.fields:
        block = stacked[..., layout.slices[field.name]].reshape(len(values), longest, *field.shape)
        names = [axis.name for axis in field.axes]
        variables[field.name] = (["condition", "sample", *names], block, {"units": field.unit})
        coordinates |= {axis.name: (axis.name, list(axis.coordinates), {"units": axis.unit}) for axis in field.axes}
    return xr.Dataset(variables, coordinates)


def write_samples(path: Path, values: dict[str, np.ndarray], layout: Layout) -> None:
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
