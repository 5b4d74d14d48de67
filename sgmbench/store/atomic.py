"""Writes that either happen whole or not at all: a part (`store.parts`), fsync, then `os.replace`.

What is read may be damaged, or anybody's. JSON is taken as it is written here: finite numbers, whole ones of fewer
digits than a float can have, texts that UTF-8 can hold, no deeper nesting than functions that call themselves bear, and
no more than 64 MB.
"""

import contextlib
import errno
import json
import math
import os
import re
from pathlib import Path
from typing import Any

from sgmbench.errors import StoreError
from sgmbench.store.parts import part_file, remove_stale

REMEDY = "remove it and run again with --resume"
DEEPEST = 50  # levels of nesting
DIGITS = 300  # of a whole number
LARGEST = 64 << 20  # bytes of a JSON: references of 25,000 conditions with the default metrics, 2.4 kB each
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content`; a reader sees the old file or the new one.

    Raises:
        StoreError: the folder cannot be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_stale(path.parent)
        descriptor, temporary = part_file(path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def unwritable(path: Path, error: Exception) -> StoreError:
    """What is said of a file that cannot be written, with the remedy."""
    reason = getattr(error, "strerror", None) or str(error)
    is_full = any(os.strerror(each) in str(error) for each in NO_ROOM)
    room = "make room and go on with --resume, or " if is_full else ""
    return StoreError(f"{path}: cannot be written ({reason}); {room}choose another folder with --results")


def write_json(path: Path, content: Any) -> None:
    """JSON that people read and diff: sorted, indented, NaN and infinities as null."""
    write_bytes(path, (json.dumps(plain(content), indent=2, sort_keys=True, allow_nan=False) + "\n").encode())


def read_json(path: Path, *, remedy: str = REMEDY) -> Any:
    """Raises StoreError where the file is missing, unreadable or not JSON; the last with what to do about it."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 20} MB")
        return _checked(content.decode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: is damaged ({error}); {remedy}") from error


def _checked(text: str) -> Any:
    """Raises ValueError, or RecursionError, where it is not JSON as it is written here."""
    content = json.loads(text, parse_constant=_number, parse_float=_number, parse_int=_whole)
    if _SURROGATE.search(text):
        json.dumps(content, ensure_ascii=False).encode()
    level: list[Any] = [[content]]
    for _ in range(DEEPEST + 1):
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for items in inside for item in items if isinstance(item, dict | list)]
    if level:
        raise ValueError(f"more than {DEEPEST} levels of nesting")
    return content


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is not finite")
    return number


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"a whole number of {len(text):,} digits")
    return int(text)


def plain(content: Any) -> Any:
    """Content as JSON has it: keys that are texts, lists, and null in place of NaN and infinities."""
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
