"""Worker: what runs in the processes of a dask cluster, beside the children that make the steps.

Nothing here loads the numerics, so that a worker begins and ends within a second.
"""

import platform
import signal
import time
from typing import Any

from sgmbench.errors import UsageError
from sgmbench.runner.maker import Errand, Maker, What

SAID_EVERY = 1.0  # s between two words of a worker

_makers: dict[Errand, Maker] = {}
"""Of this worker, by run."""


def attempted(maker: Maker, what: What, cell: dict[str, Any], *, beside: int) -> Exception | None:
    """Has a step made, and gives what has gone wrong."""
    try:
        maker.make(what, cell, beside=beside)
    except Exception as error:
        return error
    return None


def make(errand: Errand, what: What, cell: dict[str, Any], beside: int, worker: str, topic: str) -> Exception | None:
    """Makes a step; what goes wrong is a result, too, which dask neither logs nor tries again.

    Args:
        errand: the run.
        what: of the cell.
        cell: as a dictionary.
        beside: how many others may be at work on this machine.
        worker: its address.
        topic: under which it tells how far it is.
    """
    if not (errand.folder / "run.json").is_file():
        return UsageError(
            f"the dask worker {worker} on {platform.node()} sees no {errand.folder}/run.json; workers need the "
            "file system that the run folder is on: choose one with --results"
        )
    if errand not in _makers:
        _makers[errand] = Maker(errand, _Relay(worker, topic))
    return attempted(_makers[errand], what, cell, beside=beside)


def end(errand: Errand) -> None:
    """Ends what this worker does for a run."""
    if maker := _makers.pop(errand, None):
        maker.end()


def dask_setup(worker: Any) -> None:
    """Of a worker on this machine: Ctrl-C in a terminal is for the process that has begun it, which will end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Relay:
    """Tells the client how far a worker is, now and then."""

    def __init__(self, worker: str, topic: str) -> None:
        self._worker, self._topic, self._last = worker, topic, 0.0

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._last >= SAID_EVERY:
            from distributed import get_worker

            self._last = now
            get_worker().log_event(self._topic, [self._worker, phase, done, total, note])
