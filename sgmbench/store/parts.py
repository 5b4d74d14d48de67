"""Parts: what is being written has a name of its own until it is whole.

    .sgmbench-<process>-<host>-<random>.part

A killed process leaves its parts behind. No one reads them, and whoever writes into the same folder next removes those
whose process is not there any more; what a process of another machine writes cannot be told from here, and is left.
"""

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

PART = ".part"
_NAME = re.compile(rf"\.sgmbench-(\d+)-(.+)-\w+{re.escape(PART)}")


def part_file(folder: Path) -> tuple[int, str]:
    """A file to write something in, open, and its path."""
    return tempfile.mkstemp(dir=folder, prefix=_prefix(), suffix=PART)


def part_folder(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder to write something in, which is removed with what is still there when its block ends."""
    return tempfile.TemporaryDirectory(dir=folder, prefix=_prefix(), suffix=PART, ignore_cleanup_errors=True)


def _prefix() -> str:
    return f".sgmbench-{os.getpid()}-{socket.gethostname()}-"


def remove_stale(folder: Path, *, own: bool = False) -> None:
    """Removes what killed processes have left in a folder; with `own` also what this process has."""
    for part in folder.glob(f".sgmbench-*{PART}"):
        if _is_stale(part, own=own):
            shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)


def _is_stale(part: Path, *, own: bool) -> bool:
    found = _NAME.fullmatch(part.name)
    if found is None or found[2] != socket.gethostname():
        return False
    process = int(found[1])
    return own if process == os.getpid() else not _is_alive(process)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
