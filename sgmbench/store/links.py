"""Symbolic links in a run's folder: a run makes none, and what it wrote through one would land elsewhere."""

import os
from pathlib import Path

from sgmbench.errors import StoreError


def links_of(folder: Path) -> dict[str, str]:
    """Every link below a folder, which is not looked into, and where it leads."""
    found = sorted(path for path in folder.rglob("*") if path.is_symlink())
    return {path.relative_to(folder).as_posix(): os.readlink(path) for path in found}


def check_links(folder: Path) -> None:
    """Raises StoreError where a folder that is to be written into is a link, or has one."""
    if folder.is_symlink():
        raise StoreError(f"{folder}: is a link to {os.readlink(folder)}; go on with the folder itself")
    for name, to in links_of(folder).items():
        raise StoreError(
            f"{folder / name}: is a link to {to}, where nothing is written; put what it leads to in its place"
        )
