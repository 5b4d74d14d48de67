"""One process at a time in a run folder.

The lock is the system's own on an open file (flock): it ends with its holder, however that ends, so that a process that
was killed leaves none behind, and there is no number of a process to be mistaken for another's. The file stays, and
says who holds it, or held it last. Network file systems pass such locks on to other machines as a rule (Linux does
over NFS); where one knows no locks a run goes on without.
"""

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sgmbench.errors import StoreError, UsageError

try:
    import fcntl
except ImportError:  # a system without flock
    fcntl = None

LOCK = ".lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a run folder.

    Raises:
        UsageError: another process holds it.
        StoreError: the folder cannot be written.
    """
    path = folder / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); make the folder writable") from error
    try:
        _take(descriptor, folder)
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a name
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"process": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = _holder(descriptor)
        raise UsageError(
            f"{folder}: {who} is at work in this run; wait until it has ended, or end it and use --resume"
        ) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise StoreError(f"{folder / LOCK}: cannot be locked ({error.strerror})") from error


def _holder(descriptor: int) -> str:
    """What the file says of its holder, who may not have written it yet."""
    try:
        held: Any = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {int(held['process'])} on {str(held['host'])[:64]}"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process"
