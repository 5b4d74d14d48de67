"""Runs in NetCDF, version 4 (HDF5) or 3."""

from pathlib import Path

from sgmbench.problems.recording.xarray_recording import XarrayRecording


def open_netcdf(path: str) -> XarrayRecording:
    """The runs in a NetCDF file; raises UsageError where it is none."""
    with Path(path).open("rb") as file:
        is_classic = file.read(3) == b"CDF"
    return XarrayRecording(path, engine="scipy" if is_classic else "h5netcdf", format_name="NetCDF")
