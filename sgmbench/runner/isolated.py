"""Isolated: the truths and cells of a run are made in a child process, so that no solver can take the run down.

    parent -> child    {"make": "truth" or "cell", "cell": {...}}     a line of JSON each; their end ends the child
    child -> parent    {"progress": [phase, done, total, note]}       while it is at work
                       {"made": true}                                 what was made is in the run folder
                       {"error": [class of `sgmbench.errors`, message]}

A cell is a function of its description and the store alone, so that nothing else goes either way. One child makes many
cells. Where it dies, by a signal, for want of memory, by a library that calls exit, the cell that it was at has failed,
and the next one begins in another child. A cell that gives no result within the timeout is ended likewise, and so is a
truth that shows no progress for as long.

The child leads a process group of its own: Ctrl-C in a terminal reaches the parent alone, which ends the whole group,
and with it any solver that the child has started.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, Literal, Self

from sgmbench import errors
from sgmbench.cells import Cell
from sgmbench.core.progress import Progress
from sgmbench.core.result import Result
from sgmbench.errors import OutageError
from sgmbench.runner.execute import without
from sgmbench.runner.floors import has_floors, write_outage
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder

Heard = dict[str, Any] | None
"""A message of the child, None where no more will come."""

GRACE = 5.0  # s


class Isolated:
    """Makes them in a child process, which ends with a `with` block.

    Args:
        folder: of the run.
        cache: of shared inputs.
        progress: listener.
        timeout: seconds until a cell is given up, None for never.
    """

    def __init__(self, folder: RunFolder, cache: Cache, progress: Progress, *, timeout: float | None = None) -> None:
        self._folder, self._cache, self._progress, self._timeout = folder, cache, progress, timeout
        self._child: subprocess.Popen[str] | None = None
        self._heard: SimpleQueue[Heard] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def make_truth(self, cell: Cell) -> None:
        if has_floors(self._folder, cell):
            return
        try:
            self._make("truth", cell)
        except OutageError as error:
            write_outage(self._folder, cell, error)
            raise

    def make_cell(self, cell: Cell) -> Result:
        try:
            self._make("cell", cell)
        except OutageError as error:
            result = without(cell, error)
            self._folder.write_result(result)
            return result
        made = self._folder.read_result(cell.name)
        assert made is not None
        return made

    def _make(self, what: Literal["truth", "cell"], cell: Cell) -> None:
        """Has it made, in a new child where there is none alive.

        Raises:
            OutageError: the child died, or took too long.
            SgmbenchError: what the child could not go on with, a full disk say.
        """
        requests = self._alive().stdin
        assert requests is not None
        with suppress(BrokenPipeError):  # it has just died, and will say no more
            requests.write(json.dumps({"make": what, "cell": asdict(cell)}) + "\n")
            requests.flush()
        until = self._limit()
        while "made" not in (said := self._hear(until, what)):
            if "error" in said:
                name, message = said["error"]
                raise getattr(errors, name)(message)
            self._progress(*said["progress"])
            if what == "truth":
                until = self._limit()

    def _alive(self) -> "subprocess.Popen[str]":
        """The child, ready; its start takes some seconds, which no timeout counts."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        command = [sys.executable, "-P", "-m", "sgmbench.runner.child", self._folder.path, self._cache.root]
        path = os.pathsep.join(filter(None, sys.path))
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        self._heard = SimpleQueue()
        Thread(target=_listen, args=(self._child.stdout, self._heard), daemon=True).start()
        self._hear(None, "start")
        return self._child

    def _limit(self) -> float | None:
        return None if self._timeout is None else time.monotonic() + self._timeout

    def _hear(self, until: float | None, what: Literal["start", "truth", "cell"]) -> dict[str, Any]:
        """The next message; a child that has none until then is ended."""
        try:
            said = self._heard.get(timeout=None if until is None else max(until - time.monotonic(), 0))
        except Empty:
            self._end()
            silence = "no progress in the truth for" if what == "truth" else "no result within"
            raise OutageError(f"{silence} {self._timeout:g} s; write a larger timeout and --resume") from None
        if said is None:
            raise OutageError(f"{_how_it_ended(self._end(grace=GRACE))}; --resume tries it again")
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
