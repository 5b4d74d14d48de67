"""Child: makes truths, training runs and cells of a run as `runner.maker` asks for them.

    python -m sgmbench.runner.child FOLDER CACHE

Standard input and output carry the messages, and nothing else can read or write there: what a model prints goes to
standard error. When the input ends there is nobody left to work for, and the process ends at once, whatever it is at,
with all that it has started where it leads a group of its own.
"""

import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, get_args

from sgmbench import errors
from sgmbench.cells import Cell
from sgmbench.core.platform import Platform, use_platform
from sgmbench.errors import SgmbenchError, UsageError
from sgmbench.runner.here import Here
from sgmbench.runner.uncached import without_compilation_cache
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder


def serve(folder: Path, cache: Path) -> None:
    """Makes what is asked for until nothing more is."""
    _die_first()
    requests, answers = _own_streams()

    def progress(phase: str, done: int, total: int, note: str = "") -> None:
        _tell(answers, {"progress": [phase, done, total, note]})

    try:
        _use_platform(os.environ.get("JAX_PLATFORM_NAME", ""))
    except UsageError as error:
        _tell(answers, {"error": [_class(error), f"on {platform.node()}: {error}"]})
        return
    here = Here(RunFolder(folder), Cache(cache), progress)
    with without_compilation_cache():
        _tell(answers, {"ready": True})
        for asked in _asked(requests):
            try:
                _make(here, **asked)
            except SgmbenchError as error:
                _tell(answers, {"error": [_class(error), str(error)]})
            else:
                _tell(answers, {"made": True})


def _make(here: Here, *, make: str, cell: dict[str, Any], beside: int) -> None:
    """What a request has asked for."""
    match make:
        case "truth":
            here.make_truth(Cell(**cell))
        case "runs":
            here.make_runs(Cell(**cell))
        case _:
            here.make_cell(Cell(**cell), beside=beside)


def _use_platform(chosen: str) -> None:
    """That of the process that has begun the run, which may be on another machine; raises UsageError where it lacks."""
    for each in get_args(Platform):
        if each == chosen:
            use_platform(each)


def _die_first() -> None:
    """Where the system runs out of memory it ends this process and not the parent (Linux; elsewhere it is as it is)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _own_streams() -> tuple[IO[str], IO[str]]:
    """Standard input and output, of which only copies are left to models: an empty one, and standard error."""
    own = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return own


def _asked(requests: IO[str]) -> Iterator[dict[str, Any]]:
    lines: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(requests, lines), daemon=True).start()
    while True:
        yield json.loads(lines.get())


def _listen(requests: IO[str], lines: "SimpleQueue[str]") -> None:
    for line in requests:
        lines.put(line)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _tell(answers: IO[str], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, default=int) + "\n")  # counts may be NumPy's
    answers.flush()


def _class(error: SgmbenchError) -> str:
    """The nearest class of `sgmbench.errors` that an error is of."""
    return next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == errors.__name__)


if __name__ == "__main__":
    serve(*map(Path, sys.argv[1:]))
