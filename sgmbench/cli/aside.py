"""Standard output holds the result alone: what is printed while a command computes goes to standard error.

Models print, and so do libraries, some of them below Python, to the file descriptor itself (gloo tells which ranks it
has connected). What `sgmbench run CONFIG --json` writes is JSON all the same.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def aside() -> Iterator[None]:
    """Meanwhile file descriptor 1 is a copy of 2, and Python prints on standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what C has not written yet, and would write later
        os.dup2(kept, 1)
        os.close(kept)
