"""In time: a signal ends a command within seconds, also while it computes outside Python.

Python runs its handlers in the main thread, between two instructions of its own: a compiled solver that is at a chunk
for a minute would hold up Ctrl-C for a minute. The system writes the number of a signal to a pipe at once
(`signal.set_wakeup_fd`), where a thread reads it. Where the main thread has not ended the command when `GRACE` is over,
that thread ends the process. Nothing is lost by it: what is on disk is whole at any moment.
"""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

GRACE = 2.0  # s

SHOW_CURSOR = "\x1b[?25h"
"""To a terminal, whose cursor the progress bars have hidden."""


@contextmanager
def ended_in_time(ends: Mapping[int, tuple[str, int]]) -> Iterator[None]:
    """Ends the process where the block has not ended in time after a signal.

    Args:
        ends: what is said of a signal, and the exit code.
    """
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    before, is_over = signal.set_wakeup_fd(writes, warn_on_full_buffer=False), Event()
    Thread(target=_watch, args=(reads, is_over, ends), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        signal.set_wakeup_fd(before)
        os.close(writes)


def _watch(reads: int, is_over: Event, ends: Mapping[int, tuple[str, int]]) -> None:
    """Until the other end of the pipe is closed."""
    with os.fdopen(reads, "rb", buffering=0) as pipe:
        while number := pipe.read(1):
            if number[0] in ends and not is_over.wait(GRACE):
                message, code = ends[number[0]]
                cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
                os.write(2, f"{cursor}sgmbench: {message}\n".encode())
                os._exit(code)
