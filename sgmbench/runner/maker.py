"""Maker: a child process that makes the truths, training runs and cells of a run (`runner.child`), however it ends.

    parent -> child    {"make": "truth", "runs" or "cell", "cell": {...}, "beside": 0}
    child -> parent    {"ready": true}                                once, or an error
                       {"progress": [phase, done, total, note]}       while it is at work
                       {"made": true}                                 what was made is in the run folder
                       {"error": [class of `sgmbench.errors`, message]}

each a line of JSON; the end of the requests ends the child. A cell is a function of its description and the store
alone, so that nothing else goes either way. One child makes many cells. Where it dies, by a signal, for want of memory,
by a library that calls exit, what it was at is not made, and the next cell begins in another child. A cell that gives
no result within the timeout is ended likewise, and so are a truth and training runs by themselves that show no progress
for as long.

The child leads a process group of its own: Ctrl-C in a terminal reaches the parent alone, which ends the whole group,
and with it any solver that the child has started. Nothing here loads the numerics, which the child alone needs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, Literal

from sgmbench import errors
from sgmbench.errors import OutageError

What = Literal["truth", "runs", "cell"]

Heard = dict[str, Any] | None
"""A message of the child, None where no more will come."""

GRACE = 5.0  # s
SILENT = {
    "truth": "no progress in the truth for",
    "runs": "no progress in the training runs for",
    "cell": "no result within",
}


class GoneError(OutageError):
    """The process that was at it is gone."""


@dataclass(frozen=True)
class Errand:
    """What must be known of a run by whoever makes its cells, on this machine or another.

    Attributes:
        folder: of the run.
        cache: of shared inputs.
        timeout: seconds until a cell is given up, None for never.
        directory: the working directory, where a user's own code and data are.
        search: where Python looks for modules.
        platform: that `core.platform` has chosen for this process; empty where it has not.
    """

    folder: Path
    cache: Path
    timeout: float | None
    directory: Path
    search: tuple[str, ...]
    platform: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a child, also on another machine, whose own choice of a platform stays where there is none."""
        chosen = {"JAX_PLATFORMS": "cpu" if self.platform == "cpu" else "", "JAX_PLATFORM_NAME": self.platform}
        return {"PYTHONPATH": os.pathsep.join(self.search)} | (chosen if self.platform else {})

    @classmethod
    def here(cls, folder: Path, cache: Path, timeout: float | None) -> "Errand":
        """Of a run as this process sees it, by absolute paths."""
        search = tuple(os.path.abspath(path) for path in sys.path if path)
        platform = os.environ.get("JAX_PLATFORM_NAME", "")
        return cls(folder.absolute(), cache.absolute(), timeout, Path.cwd(), search, platform)


class Maker:
    """A child process, which begins with what is first asked for.

    Args:
        errand: the run.
        progress: listener (`core.progress`).
    """

    def __init__(self, errand: Errand, progress: Callable[[str, int, int, str], object]) -> None:
        self._errand, self._progress = errand, progress
        self._child: subprocess.Popen[str] | None = None
        self._heard: SimpleQueue[Heard] = SimpleQueue()
        self._is_over = False

    def make(self, what: What, cell: dict[str, Any], *, beside: int = 0) -> None:
        """Has it made, in a new child where there is none alive.

        Args:
            what: the truth of the cell's target, the training runs of the cell, or the cell itself.
            cell: the cell, as a dictionary.
            beside: how many others may be at work on this machine.

        Raises:
            GoneError: the child died.
            OutageError: it took too long.
            SgmbenchError: what the child could not go on with, a full disk say.
        """
        requests = self._alive().stdin
        assert requests is not None
        with suppress(BrokenPipeError):  # it has just died, and will say no more
            requests.write(json.dumps({"make": what, "cell": cell, "beside": beside}) + "\n")
            requests.flush()
        until = self._limit()
        while "made" not in (said := self._hear(until, what)):
            self._progress(*said["progress"])
            if what != "cell":
                until = self._limit()

    def end(self) -> None:
        """Ends the child for good; whoever waits for it, in another thread, hears that it is gone."""
        self._is_over = True
        self._end()

    def _alive(self) -> "subprocess.Popen[str]":
        """The child, ready; its start takes some seconds, which no timeout counts."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "sgmbench.runner.child", self._errand.folder, self._errand.cache],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | self._errand.environment,
            cwd=self._errand.directory,
            start_new_session=True,
        )
        self._heard = SimpleQueue()
        Thread(target=_listen, args=(self._child.stdout, self._heard), daemon=True).start()
        if self._is_over:  # meanwhile
            self._end()
        self._hear(None, "start")
        return self._child

    def _limit(self) -> float | None:
        return None if self._errand.timeout is None else time.monotonic() + self._errand.timeout

    def _hear(self, until: float | None, what: str) -> dict[str, Any]:
        """The next message, where it is of no error; a child that has none until then is ended."""
        try:
            said = self._heard.get(timeout=None if until is None else max(until - time.monotonic(), 0))
        except Empty:
            self._end()
            silence = f"{SILENT[what]} {self._errand.timeout:g} s"
            raise OutageError(f"{silence}; write a larger timeout and --resume") from None
        if said is None:
            raise GoneError(f"{_how_it_ended(self._end(grace=GRACE))}; --resume tries it again")
        if "error" in said:
            name, message = said["error"]
            raise getattr(errors, name)(message)
        return said

    def _end(self, *, grace: float = 0.0) -> int:
        """Ends the child and all that it has started.

        Args:
            grace: seconds to end by itself, so that its own exit code is seen.

        Returns:
            The exit code, negative of a signal; 0 where there is no child.
        """
        child, self._child = self._child, None
        if child is None:
            return 0
        with suppress(subprocess.TimeoutExpired):
            child.wait(grace)
        with suppress(ProcessLookupError, PermissionError):  # nobody is left of its group
            os.killpg(child.pid, signal.SIGKILL)
        assert child.stdin is not None
        with suppress(BrokenPipeError):
            child.stdin.close()
        return child.wait()


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    names = {each.value: each.name for each in signal.Signals}
    why = ", as where memory runs out" if code == -signal.SIGKILL else ""
    return f"its process was ended by {names.get(-code, f'signal {-code}')}{why}"


def _listen(stream: IO[str], heard: "SimpleQueue[Heard]") -> None:
    """Until the stream ends, with the process that writes to it."""
    with stream, suppress(ValueError):  # of a line that was cut off
        for line in stream:
            heard.put(json.loads(line))
    heard.put(None)
