"""manifest.json: the SHA-256 of every file of a finished run.

    {"files": {"cells/<name>/result.json": "<sha256>", ...}, "schema": 1, "sha256": "<of files>"}

It is written last, and removed when the run is gone on with, so that a run has it exactly while nothing is expected to
change. One flipped bit shows wherever it is: in a file against its checksum, in the manifest against its own. What is
written into the folder later is not in it, and only named. The cost is one reading of all files.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sgmbench.errors import StoreError
from sgmbench.store.atomic import read_json, write_json
from sgmbench.store.checksummed import content_of
from sgmbench.store.names import is_below

MANIFEST = "manifest.json"
SCHEMA = 1


@dataclass(frozen=True)
class Damage:
    """A file that is not what it was, and what is the matter with it."""

    file: str
    what: str


@dataclass(frozen=True)
class Inspection:
    """Files held against their manifest.

    Attributes:
        files: how many the manifest has.
        damages: those that are missing or changed; the manifest itself where it cannot be trusted.
        later: files of the folder that it does not have.
    """

    files: int
    damages: list[Damage]
    later: list[str]


def write_manifest(folder: Path) -> None:
    """Notes what every file is; raises StoreError where the folder cannot be written."""
    _write(folder, {name: _sha256(folder / name) for name in _names(folder)})


def renew_in_manifest(folder: Path, file: str) -> None:
    """Notes what one file is that was written anew, and leaves all others as they were noted; nothing without one."""
    try:
        files = _files(read_json(folder / MANIFEST))
    except StoreError:
        return
    if files is not None:
        _write(folder, files | {file: _sha256(folder / file)})


def remove_manifest(folder: Path) -> None:
    """The run is about to change; raises StoreError where the folder cannot be written."""
    try:
        (folder / MANIFEST).unlink()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StoreError(f"{folder / MANIFEST}: cannot be removed ({error.strerror}); make it writable") from error


def inspect(folder: Path) -> Inspection | None:
    """What has changed since the manifest was written; None where there is none."""
    if not (folder / MANIFEST).exists():
        return None
    try:
        files = _files(read_json(folder / MANIFEST))
    except StoreError:
        files = None
    if files is None:
        return Inspection(0, [Damage(MANIFEST, "does not have the checksum that it names")], [])
    if elsewhere := [name for name in files if not is_below(name)]:
        return Inspection(0, [Damage(MANIFEST, f"names {elsewhere[0][:60]!a}, which is not below the run")], [])
    found = [Damage(name, what) for name, checksum in files.items() if (what := _matter(folder / name, checksum))]
    return Inspection(len(files), found, sorted(set(_names(folder)) - set(files)))


def _write(folder: Path, files: dict[str, str]) -> None:
    write_json(folder / MANIFEST, {"files": files, "schema": SCHEMA, "sha256": content_of(files)})


def _files(manifest: Any) -> dict[str, str] | None:
    """Checksums by file, None where the manifest is not as it was written."""
    files = manifest.get("files") if isinstance(manifest, dict) else None
    whole = {"files": files, "schema": SCHEMA, "sha256": content_of(files or {})}
    return files if isinstance(files, dict) and manifest == whole else None


def _matter(path: Path, checksum: str) -> str:
    """What is the matter with a file; nothing as a rule."""
    try:
        return "" if _sha256(path) == checksum else "has changed since the run ended"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder: Path) -> list[str]:
    """All files below a folder but the manifest; a name that begins with a dot is of a file not written whole."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(name for path in paths if (name := path.relative_to(folder).as_posix()) != MANIFEST)
