"""Writes that either happen whole or not at all: a temporary file, fsync, then `os.replace`."""

import contextlib
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from sgmbench.errors import StoreError


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content`; a reader sees the old file or the new one.

    Raises:
        StoreError: the folder cannot be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        reason = error.strerror or str(error)
        raise StoreError(f"{path}: cannot be written ({reason}); choose another folder with --results") from error


def write_json(path: Path, content: Any) -> None:
    """JSON that people read and diff: sorted, indented, NaN and infinities as null."""
    write_bytes(path, (json.dumps(_plain(content), indent=2, sort_keys=True, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Raises StoreError where the file is missing, unreadable or not JSON."""
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise StoreError(f"{path}: is damaged ({error}); remove it and run again with --resume") from error


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
