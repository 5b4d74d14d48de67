"""Symbolic links in results: a run makes none, and what it wrote through one would land elsewhere.

The root of the results may be one, and `.cache`, which the user has laid on another disk: it is never removed through.
"""

import os
from pathlib import Path

from sgmbench.errors import StoreError


def links_of(folder: Path) -> dict[str, str]:
    """Every link below a folder, which is not looked into, and where it leads."""
    found = sorted(path for path in folder.rglob("*") if path.is_symlink())
    return {path.relative_to(folder).as_posix(): os.readlink(path) for path in found}


def check_experiment(folder: Path) -> None:
    """Raises StoreError where the folder of an experiment, in which its runs are, is a link."""
    if folder.is_symlink():
        raise StoreError(
            f"{folder}: is a link to {os.readlink(folder)}, where nothing is written; put the folder itself in its "
            "place, or lay all results there with --results"
        )


def check_links(folder: Path) -> None:
    """Raises StoreError where the folder of a run that is to be written into is a link, has one, or lies in one."""
    check_experiment(folder.parent)
    if folder.is_symlink():
        raise StoreError(f"{folder}: is a link to {os.readlink(folder)}; go on with the folder itself")
    for name, to in links_of(folder).items():
        raise StoreError(
            f"{folder / name}: is a link to {to}, where nothing is written; put what it leads to in its place"
        )
