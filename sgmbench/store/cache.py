"""The cache: shared inputs of cells (references, runs, fits), found by the content that they were made from.

An artifact is `<kind>/<content>.npz` beside `<content>.json`, which is written last and holds its description and the
SHA-256 of the arrays. An artifact whose checksum does not fit, or whose description is not the one asked for, is not
read but made again; nothing is ever unpickled. What is made is given as it will be read, so that nothing depends on
whether it was there. Of many processes (`core.hosts`) process 0 reads and writes, and tells the others what is there.
"""

import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sgmbench.core.hosts import agreed, from_lead, is_alone, is_lead
from sgmbench.errors import StoreError
from sgmbench.store.atomic import plain, write_bytes
from sgmbench.store.checksummed import content_of, read_checksummed, write_checksummed

Arrays = dict[str, Any]
Description = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """How much of one kind a cache holds."""

    kind: str
    artifacts: int
    bytes: int


class Cache:
    """Artifacts below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(
        self, kind: str, description: Description, make: Callable[[], tuple[Arrays, dict[str, Any]]]
    ) -> tuple[Arrays, dict[str, Any]]:
        """The arrays of an artifact and what was noted at its making (seconds, counts), made where it is not there.

        Args:
            kind: "reference", "floor", "runs" or "fit"; the paces of a plan are notes alone (`put`).
            description: all that the artifact depends on.
            make: makes (nested dictionary of arrays, JSON-able notes).
        """
        path = self._path(kind, description)
        found = self._read(path)
        if found is None:
            arrays, notes = make()
            found = _as_numpy(arrays), plain(notes)
            if is_lead():
                self._write(path, description, *found)
        return found

    def has(self, kind: str, description: Description) -> bool:
        """Whether an artifact is there; whether it is whole is not looked at."""
        path = self._path(kind, description)
        return path.with_suffix(".npz").is_file() and path.with_suffix(".json").is_file()

    def put(self, kind: str, description: Description, notes: dict[str, Any]) -> None:
        """Notes alone, in the place of those that may be there; raises StoreError where they cannot be written."""
        self._write(self._path(kind, description), description, {}, plain(notes))

    def notes(self, kind: str, description: Description) -> dict[str, Any]:
        """What was noted when an artifact that is there was made; raises StoreError where it is not."""
        return read_checksummed(self._path(kind, description).with_suffix(".json"))["notes"]

    def size(self, kind: str, description: Description) -> int:
        """Bytes of the arrays of an artifact that is there."""
        return self._path(kind, description).with_suffix(".npz").stat().st_size

    def held(self) -> list[Held]:
        """What there is of each kind: artifacts, of checkpoints unfinished trainings."""
        found = []
        for kind in sorted(path for path in self.root.glob("*") if path.is_dir()):
            artifacts = len({path.stem for path in kind.iterdir() if not path.name.startswith(".")})
            size = sum(path.stat().st_size for path in kind.rglob("*") if path.is_file())
            found.append(Held(kind.name, artifacts, size))
        return found

    def inspect(self) -> tuple[int, list[Path]]:
        """How many artifacts are whole, and which are not, without their suffix; of checkpoints it tells nothing."""
        every = sorted(path.with_suffix("") for path in self.root.glob("*/*.json"))
        damaged = [path for path in every if self._read_whole(path) is None]
        return len(every) - len(damaged), damaged

    def clear(self) -> None:
        """Removes everything; raises StoreError where that is not possible."""
        try:
            shutil.rmtree(self.root)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(
                f"{self.root}: cannot be removed ({error.strerror or error}); remove it by hand"
            ) from error

    def _path(self, kind: str, description: Description) -> Path:
        """Of an artifact, without the suffix of either file."""
        return self.root / kind / content_of(description)

    def _read(self, path: Path) -> tuple[Arrays, dict[str, Any]] | None:
        whole = _of_lead(self._read_whole(path) if is_lead() else None)
        if whole is None:
            return None
        try:
            return unpack(whole[0]), whole[1]
        except (ValueError, zipfile.BadZipFile):
            return None

    def _read_whole(self, path: Path) -> tuple[bytes, dict[str, Any]] | None:
        """The packed arrays and the notes; None where they are not there, or not as they were written."""
        try:
            record = read_checksummed(path.with_suffix(".json"))
            data = path.with_suffix(".npz").read_bytes()
            is_intact = hashlib.sha256(data).hexdigest() == record["sha256"]
            is_asked_for = content_of(record["description"]) == path.name
            return (data, record["notes"]) if is_intact and is_asked_for else None
        except (StoreError, OSError, KeyError, TypeError):
            return None

    def _write(self, path: Path, description: Description, arrays: Arrays, notes: dict[str, Any]) -> None:
        data = pack(arrays)
        write_bytes(path.with_suffix(".npz"), data)
        record = {"description": description, "notes": notes, "sha256": hashlib.sha256(data).hexdigest()}
        write_checksummed(path.with_suffix(".json"), record)


def _of_lead(whole: tuple[bytes, dict[str, Any]] | None) -> tuple[bytes, dict[str, Any]] | None:
    """What process 0 has read, in all of them."""
    if is_alone():
        return whole
    notes = agreed(whole and whole[1])
    return None if notes is None else (from_lead(whole[0] if whole else b""), notes)


def pack(arrays: Arrays) -> bytes:
    """A nested dictionary of arrays as npz, keys joined by "/"; byte-reproducible."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in sorted(_flatten(arrays).items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return buffer.getvalue()


def unpack(data: bytes) -> Arrays:
    """The inverse of `pack`; never unpickles."""
    nested: Arrays = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        for name in archive.files:
            *folders, leaf = name.split("/")
            place = nested
            for folder in folders:
                place = place.setdefault(folder, {})
            place[leaf] = archive[name]
    return nested


def _as_numpy(arrays: Arrays) -> Arrays:
    return {key: _as_numpy(value) if isinstance(value, dict) else np.asarray(value) for key, value in arrays.items()}


def _flatten(arrays: Arrays, prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in arrays.items():
        flat |= _flatten(value, f"{prefix}{key}/") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
