"""Memory: the peak of a stretch of work, and what becomes of work that finds none left."""

import contextlib
import resource
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

import jax

from sgmbench.core.clock import Clock
from sgmbench.core.hosts import meet
from sgmbench.core.leftovers import LEFTOVERS
from sgmbench.errors import OutageError

EXHAUSTED = "RESOURCE_EXHAUSTED"
"""XLA's status where a device or its host has no memory left."""

SHOWN = 200  # characters of what is said

Made = TypeVar("Made")


@contextlib.contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Yields a function that gives the peak resident bytes since entry, when what was left before is given back.

    Linux can reset its high-water mark; elsewhere the figure is the peak of the whole process.
    """
    LEFTOVERS.give_back()
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    yield _high_water_mark


def _high_water_mark() -> int:
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory did not suffice, by what Python or XLA says."""
    if isinstance(error, jax.errors.JaxRuntimeError):
        return EXHAUSTED in str(error)
    return isinstance(error, MemoryError)


def fewer(runs: int, error: BaseException) -> int:
    """Half as many runs or rows at once as memory did not suffice for; raises the error of a single one."""
    if runs == 1:
        raise error
    return runs // 2


class Halving:
    """Rows at once, as memory suffices: what finds none is made again, all of it, with half as many, and all later too.

    All of it, so that the numbers are those of the size that sufficed, which the clock notes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._most: int | None = None

    def __call__(self, make: Callable[[int], Made], size: int) -> Made:
        """What is made of a number of rows at once, `size` at most; raises the error of a single row."""
        size = size if self._most is None else min(size, self._most)
        while True:
            try:
                return make(size)
            except (MemoryError, jax.errors.JaxRuntimeError) as error:
                meet(error)
                if not is_out_of_memory(error):
                    raise
                size = self._most = fewer(size, error)
                self._clock.note_chunk(size)


@contextlib.contextmanager
def outage_of_memory() -> Iterator[None]:
    """Says of a block for which memory did not suffice that it did not.

    Raises:
        OutageError: in the place of Python's or XLA's error.
    """
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        meet(error)
        said = " ".join(str(error).split())[:SHOWN] or type(error).__name__
        raise OutageError(f"memory does not suffice ({said}); free some, then --resume") from error
