"""Files that the user names: refused before anything is spent where nothing can be written there."""

import os
from pathlib import Path

from sgmbench.errors import UsageError


def check_file(path: Path | None, option: str) -> None:
    """Whether a file can be written, if one is named.

    Raises:
        UsageError: it is a folder, or what it would lie in is none, or may not be written.
    """
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"{option} {path}: is a folder; write the name of a file in it")
    check_folder(path.parent, option, path)


def check_folder(folder: Path | None, option: str, path: Path | None = None) -> None:
    """Whether a folder can be made and written, if one is named; `path` is what the user wrote, if not that.

    Raises:
        UsageError: it is a file or lies in one, or may not be written.
    """
    if folder is None:
        return
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    why = "is no folder" if not nearest.is_dir() else "cannot be written" if not os.access(nearest, os.W_OK) else ""
    if why:
        raise UsageError(f"{option} {path or folder}: {nearest} {why}; write another name")
