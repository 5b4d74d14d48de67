"""Runs in a Zarr store; the package `zarr` is an extra."""

from importlib.util import find_spec

from sgmbench.errors import UsageError
from sgmbench.problems.recording.xarray_recording import XarrayRecording


def open_zarr(path: str) -> XarrayRecording:
    """The runs in a Zarr store; raises UsageError where it is none, or where the package is missing."""
    if find_spec("zarr") is None:
        raise UsageError(f"{path}: reading Zarr takes the package zarr; pip install 'sgmbench[zarr]'")
    return XarrayRecording(path, engine="zarr", format_name="Zarr", consolidated=False)
