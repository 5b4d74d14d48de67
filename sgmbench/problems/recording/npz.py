"""Runs in an .npz archive, as `numpy.savez` writes it: an array a variable, its first dimension the runs.

Names of z and y in the file are arrays of text of that name; arrays of numbers under these names are z and y
themselves. Nothing is unpickled.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from sgmbench.errors import UsageError
from sgmbench.problems.recording.recording import Recording, Variable, as_names


class NpzRecording(Recording):
    """An .npz archive."""

    def __init__(self, path: str) -> None:
        self.path = path
        if not zipfile.is_zipfile(path):
            raise UsageError(f"{path}: is no .npz archive, or a damaged one; write it with numpy.savez")
        with np.load(Path(path), allow_pickle=False) as archive:
            self._names = tuple(archive.files)

    @property
    def names(self):
        return self._names

    def variable(self, name):
        try:
            with np.load(Path(self.path), allow_pickle=False) as archive:
                return Variable(archive[name])
        except ValueError as error:
            if "pickle" not in str(error):
                raise self.error(f"{name} cannot be read ({error}); write it again with numpy.savez") from None
            raise self.error(
                f"{name} is an array of Python objects, which only unpickling could read; save numbers instead"
            ) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self.error(f"{name} is damaged ({error}); write the file again") from None
        except MemoryError as error:
            raise self.error(
                f"{name} does not fit into memory ({error}); write fewer runs, or a damaged file again"
            ) from None

    def listed(self, which):
        if which not in self.names:
            return None
        values = self.variable(which).values
        return as_names(values) if values.dtype.kind == "U" else None
