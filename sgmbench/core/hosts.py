"""Hosts: one run on many processes, on one machine or on many, each of which walks the same way (`jax.distributed`).

A program over all devices is begun by every process, in the same order: none may turn where the others do not. So what
one process alone knows, what is on its disk and what its clock says, is *agreed* on: all take what process 0 has, the
*lead*. What is computed from that is the same in all, as long as they have the same code and processors of one kind.

An error that all processes meet is a result like any other. One that a single process meets leaves the others waiting
for it: they hear of it when it has gone, by their closed connections (gloo), or when its heartbeat is missed for 100 s
(NCCL, or a machine that vanished). Then all end, by a `HostError`, and are started again from what is on disk.

What needs nothing from the others each may do *apart*, over its own devices, until they meet again.

With one process all of this does nothing.
"""

import atexit
import itertools
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils
from jaxtyping import Shaped

from sgmbench.errors import CellError, HostError, OutageError, UsageError
from sgmbench.raised import is_users, told

FRAME = 256  # bytes that one broadcast carries with their number; what is longer takes a second one
SAID = 1024  # bytes of an error that are told to the others
PATIENCE = 60  # s until an error is held for that of one process alone

_meetings = itertools.count()
_is_apart = False
_own_way: int | None = None  # the exit code of a process that has left the others

T = TypeVar("T")


def join(coordinator: str | None = None, process_id: int | None = None, num_processes: int | None = None) -> None:
    """Makes this process one of many, before anything is computed; without arguments JAX asks SLURM and its like.

    Args:
        coordinator: HOST:PORT at which process 0 can be reached.
        process_id: of this process, from 0.
        num_processes: in all.

    Raises:
        UsageError: no job is detected around this process.
        HostError: the others were not reached within JAX's five minutes.
    """
    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM away from us
    detection = None if coordinator is None else "deactivate"
    try:
        jax.distributed.initialize(coordinator, num_processes, process_id, cluster_detection_method=detection)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"--distributed: JAX detects no job of SLURM, Open MPI or Kubernetes around this process ({error}); "
            "write --coordinator HOST:PORT --process-id I --num-processes N"
        ) from error
    except RuntimeError as error:
        raise HostError(f"this process has not become one of many: {told(error)}") from error


def greet() -> None:
    """The first word among the processes: whether they reach each other is known from here on."""
    agreed(None)


def is_lead() -> bool:
    """Whether this is process 0, which alone writes and speaks."""
    return jax.process_index() == 0


def is_alone() -> bool:
    """Whether there is one process, or each is by itself now."""
    return _is_apart or jax.process_count() == 1


@contextmanager
def apart() -> Iterator[None]:
    """A block in which each process is by itself, on its own devices; at its end they wait for each other.

    Raises:
        CellError: that of the first process that has met with one, in all.
        HostError: a process is gone.
    """
    global _is_apart
    if is_alone():
        yield
        return
    said, _is_apart = "", True
    try:
        yield
    except CellError as error:
        said = str(error)
    finally:
        _is_apart = False
    frame = np.zeros(SAID, np.uint8)
    words = said.encode()[:SAID]
    frame[: len(words)] = np.frombuffer(words, np.uint8)
    for words in (row.tobytes().rstrip(b"\0") for row in of_each(frame)):
        if words:
            raise CellError(words.decode(errors="replace"))


def of_each(row: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "hosts ..."]:
    """What each process has, of one shape in all, in the order of their numbers.

    Raises:
        HostError: a process is gone.
    """
    if is_alone():
        return row[None]
    with among_all():
        return np.asarray(multihost_utils.process_allgather(row))


@contextmanager
def among_all() -> Iterator[None]:
    """A word among all processes.

    Raises:
        HostError: a process is gone.
    """
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise _gone() from error


def agreed(value: T) -> T:
    """What process 0 has; values that JSON can hold."""
    return value if is_alone() else json.loads(from_lead(json.dumps(value).encode()))


def from_lead(content: bytes) -> bytes:
    """The bytes that process 0 has; those of the others are ignored.

    Raises:
        HostError: a process is gone.
    """
    if is_alone():
        return content
    frame = np.zeros(8 + FRAME, np.uint8)
    head = content[:FRAME]
    frame[: 8 + len(head)] = np.frombuffer(len(content).to_bytes(8, "big") + head, np.uint8)
    frame = _broadcast(frame)
    length = int.from_bytes(frame[:8].tobytes(), "big")
    if length <= FRAME:
        return frame[8 : 8 + length].tobytes()
    whole = np.zeros(1 << (length - 1).bit_length(), np.uint8)  # of few sizes: each is compiled
    if is_lead():
        whole[:length] = np.frombuffer(content, np.uint8)
    return _broadcast(whole)[:length].tobytes()


def meet(error: BaseException) -> None:
    """Goes on where every process has met with an error at this point.

    Raises:
        HostError: this one alone has, or another one is gone.
    """
    if is_alone():
        return
    if _is_loss(error):
        raise _gone() from error
    from orbax.checkpoint import multihost

    barrier = multihost.get_barrier_sync_fn()
    try:
        barrier(key=f"sgmbench-{next(_meetings)}", timeout_ms=1000 * PATIENCE)
    except Exception as late:
        which = f"process {jax.process_index()} of {jax.process_count()}"
        raise HostError(f"{which} failed where others did not: {told(error)}") from late


@contextmanager
def in_step() -> Iterator[None]:
    """A block that all processes walk through; one that leaves it by an error leaves the others.

    An outage is one of all.

    Raises:
        HostError: a process is gone.
    """
    try:
        yield
    except OutageError:
        raise
    except BaseException as error:
        if is_alone():
            raise
        if _is_loss(error):
            raise _gone() from error
        _part(130 if isinstance(error, KeyboardInterrupt) else getattr(error, "exit_code", 2 if is_users(error) else 1))
        raise


def is_in_step() -> bool:
    """Whether this process walks with the others still."""
    return _own_way is None


def _broadcast(row: np.ndarray) -> np.ndarray:
    with among_all():
        return np.asarray(multihost_utils.broadcast_one_to_all(row))


def _is_loss(error: BaseException) -> bool:
    """Whether an error says that a process is gone, by the words of the CPU's collectives or of the coordinator."""
    return any(word in str(error) for word in ("Gloo", "coordination service"))


def _gone() -> HostError:
    """What is said then."""
    _part(HostError.exit_code)
    return HostError("a process of this run is gone; start all of them again with --resume")


def _part(code: int) -> None:
    """From now on this process walks alone, and ends without waiting for the others, by the first code that is given.

    JAX would wait for them, for minutes, and then abort.
    """
    global _own_way
    if _own_way is None:
        _own_way = code
        atexit.register(_leave)


def _leave() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_own_way or 0)
