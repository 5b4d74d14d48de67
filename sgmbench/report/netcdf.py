"""Several Datasets as the groups of one NetCDF4 file, which `xarray.open_datatree` reads."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from sgmbench.store.atomic import write_bytes


def write_netcdf(path: Path, groups: Mapping[str, xr.Dataset]) -> None:
    """Writes them atomically, each under its name; raises StoreError where the folder cannot be written."""
    with tempfile.TemporaryDirectory(prefix="sgmbench-") as folder:
        made = Path(folder) / path.name
        xr.DataTree.from_dict(dict(groups)).to_netcdf(made, engine="h5netcdf")
        content = made.read_bytes()
    write_bytes(path, content)
