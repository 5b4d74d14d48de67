"""Runs in a file that xarray opens: variables whose first dimension is that of the runs.

Other dimensions are the axes of fields; their coordinates and the attribute `units` are read along. Names of z and y
in the file are its attributes `z` and `y`. Times are read as the numbers that they are stored as.
"""

from typing import Any

import numpy as np
import xarray as xr

from sgmbench.errors import UsageError
from sgmbench.problems.recording.recording import Recording, Variable, as_names


class XarrayRecording(Recording):
    """A file of one of xarray's engines."""

    def __init__(self, path: str, *, engine: str, format_name: str, **options: Any) -> None:
        self.path = path
        self._options = {"engine": engine, "decode_times": False, "decode_timedelta": False, **options}
        try:
            with self._open() as dataset:
                self._names, self._attributes = tuple(map(str, dataset.variables)), dict(dataset.attrs)
        except Exception as error:  # whatever a library raises at a file that is none of its own
            reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
            raise UsageError(f"{path}: cannot be read as {format_name} ({reason}); write it with xarray") from None

    @property
    def names(self):
        return self._names

    def variable(self, name):
        try:
            with self._open() as dataset:
                found = dataset[name].load()
        except Exception as error:  # whatever a damaged block makes the library raise
            raise self.error(f"{name} is damaged ({error}); write the file again") from None
        axes = tuple(str(dimension) for dimension in found.dims[1:])
        return Variable(np.asarray(found.values), axes, str(found.attrs.get("units", "")))

    def listed(self, which):
        return as_names(self._attributes[which]) if which in self._attributes else None

    def _open(self) -> xr.Dataset:
        return xr.open_dataset(self.path, **self._options)
