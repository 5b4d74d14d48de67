"""Names that become files and folders: each is one component of a path, whoever wrote them.

Where a configuration is read, names are checked (`config.checks`). A run's record, its results and its manifest may be
anybody's: a name such as `../../x` in them would be read and written elsewhere.
"""

from pathlib import Path, PurePosixPath

from sgmbench.errors import StoreError

LONGEST = 255  # bytes of the name of a file
SHOWN = 60


def component(name: str, *, of: Path) -> str:
    """The name, if it is one component of a path.

    Args:
        name: of a file or a folder.
        of: the file, or the run, that has the name.

    Raises:
        StoreError: it leads elsewhere, or no file can have it.
    """
    if not name.strip(".") or {*"/\\"} & {*name} or not name.isprintable() or len(name.encode()) > LONGEST:
        raise StoreError(f"{of}: names {name[:SHOWN]!a}, which no file in it can have; it is damaged, or no run")
    return name


def is_below(name: str) -> bool:
    """Whether a path, written with slashes, stays below the folder that it begins in."""
    path = PurePosixPath(name)
    return bool(path.parts) and name.isprintable() and not path.is_absolute() and ".." not in path.parts
