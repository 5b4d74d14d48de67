"""Leftovers: what work that is done still holds of memory, given back before other work begins.

A training leaves cycles of Python objects with its arrays in them, free memory that the allocator keeps, and what JAX
remembers of its traces. The first two are given back where the process has grown by `GROWN` since the last time. The
last is forgotten where it has grown by `FORGETS` all the same, since small programs that all cells share are compiled
anew then. Numbers depend on none of it. Elsewhere than on Linux nothing is done.

Six replicates of `configs/quickstart.yaml`, with fewer steps, need 1.2 GB so, and 1.5 GB without; what JAX remembers is
some 25 MB a replicate of it.
"""

import contextlib
import ctypes
import gc
import os

import jax

GROWN = 64 << 20
"""Bytes that are worth looking for: to look takes some tenths of a second."""

FORGETS = 1 << 30
"""Bytes beyond those of the process when JAX last had nothing to forget."""


class Leftovers:
    """What is left, told by the resident memory of this process."""

    def __init__(self) -> None:
        self._after: int | None = None
        self._least: int | None = None

    def give_back(self) -> None:
        """Returns to the system what nobody needs any more, where the process has grown."""
        now = resident()
        if now is None:
            return
        if self._after is None or self._least is None:
            self._after = self._least = now
            return
        if now - self._after < GROWN:
            return
        _collect()
        self._after = resident() or now
        if self._after - self._least >= FORGETS:
            jax.clear_caches()
            _collect()
            self._after = self._least = resident() or now


def resident() -> int | None:
    """Bytes of this process in memory; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _collect() -> None:
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # a C library of another kind
        ctypes.CDLL(None).malloc_trim(0)


LEFTOVERS = Leftovers()
"""Of this process."""
