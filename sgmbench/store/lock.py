"""One process at a time in a run folder, and with the checkpoints of a fit.

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
from sgmbench.store.atomic import NO_ROOM

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
    with claimed(folder / LOCK) as holder:
        if holder:
            raise UsageError(
                f"{folder}: {holder} is at work in this run; wait until it has ended, or end it and use --resume"
            )
        yield


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[str]:
    """Holds a lock where it is free: gives "" then, else who holds it.

    Raises:
        StoreError: the file cannot be written, or not be locked.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError as error:
        remedy = "make room" if error.errno in NO_ROOM else "make the folder writable"
        raise StoreError(f"{path}: cannot be written ({error.strerror}); {remedy}") from error
    try:
        holder = "" if _is_taken(descriptor, path) else _holder(descriptor)
        if not holder:
            _sign(descriptor)
        yield holder
    finally:
        os.close(descriptor)


def was_held_by(path: Path, process: int) -> bool:
    """Whether a process of this machine holds a lock, or held it last."""
    try:
        held = json.loads(path.read_bytes()[:4096])
        return (held["process"], held["host"]) == (process, socket.gethostname())
    except (ValueError, KeyError, TypeError, OSError):
        return False


def at_work(folder: Path) -> str:
    """Who is at work in a run folder; "" where nobody is, or no lock can be read. Nothing is written."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return ""
    try:
        return "" if _is_taken(descriptor, folder / LOCK, shared=True) else _holder(descriptor)
    finally:
        os.close(descriptor)


def this_process() -> str:
    """What a lock says of its holder."""
    return _named(os.getpid(), socket.gethostname())


def _is_taken(descriptor: int, path: Path, *, shared: bool = False) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise StoreError(
                f"{path}: cannot be locked ({error.strerror}); choose another folder with --results"
            ) from error
    return True


def _sign(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # a full disk: the lock holds without a name
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"process": os.getpid(), "host": socket.gethostname()}).encode(), 0)


def _holder(descriptor: int) -> str:
    """What the file says of its holder, who may not have written it yet."""
    try:
        held: Any = json.loads(os.pread(descriptor, 4096, 0))
        return _named(int(held["process"]), str(held["host"]))
    except (ValueError, KeyError, TypeError, OSError):
        return "another process"


def _named(process: int, host: str) -> str:
    return f"process {process} on {host[:64]}"
