"""Opens a file of runs by the end of its name, and gives its checksum."""

import hashlib
from pathlib import Path

from sgmbench.errors import UsageError
from sgmbench.problems.recording.netcdf import open_netcdf
from sgmbench.problems.recording.npz import NpzRecording
from sgmbench.problems.recording.recording import Recording
from sgmbench.problems.recording.zarr import open_zarr

FORMATS = {".npz": NpzRecording, ".nc": open_netcdf, ".nc4": open_netcdf, ".zarr": open_zarr}

BLOCK = 1 << 20

Stamp = tuple[tuple[str, int, int, int], ...]


def open_recording(path: str) -> Recording:
    """The runs in a file.

    Raises:
        UsageError: there is no such file, or none that can be read.
    """
    if Path(path).suffix not in FORMATS:
        raise UsageError(
            f"{path}: runs are read from .npz (numpy.savez), .nc (NetCDF) and .zarr; write them as one of these"
        )
    if not Path(path).exists():
        raise UsageError(f"{path}: no such file in {Path.cwd()}; paths are relative to the working directory")
    if Path(path).is_dir() != (Path(path).suffix == ".zarr"):
        raise UsageError(f"{path}: a .zarr store is a folder, an .npz or .nc file is none; name the right one")
    return FORMATS[Path(path).suffix](path)


def stamp_of(path: str) -> Stamp:
    """Name, number, time of change and size of the file, or of each of a store: what is cached is bound to these."""
    if not Path(path).is_dir():
        files = [Path(path)] if Path(path).exists() else []
    else:
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
    states = ((file, file.stat()) for file in files)
    return tuple((str(file), state.st_ino, state.st_mtime_ns, state.st_size) for file, state in states)


def checksum(path: str, stamp: Stamp) -> str:
    """SHA-256 of a file; of a store, of the names and contents of all its files."""
    total = hashlib.sha256()
    for name, _, _, size in stamp:
        if name != path:
            total.update(f"{Path(name).relative_to(path)} {size}\n".encode())
        with open(name, "rb") as file:
            while block := file.read(BLOCK):
                total.update(block)
    return total.hexdigest()
