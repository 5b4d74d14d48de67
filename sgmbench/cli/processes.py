"""Processes: one run on many processes of this machine, all of which are started again where one dies.

    sgmbench run CONFIG --processes 2
        -> sgmbench run CONFIG --coordinator 127.0.0.1:PORT --process-id 0 --num-processes 2        the lead
        -> sgmbench run CONFIG --coordinator 127.0.0.1:PORT --process-id 1 --num-processes 2        follows it

They share the processors. What the others say is not shown, but for the last word of one that could not go on. A run
that has begun goes on with `--resume`, from what is on disk. After `RESTARTS` times it ends: a machine that kills
processes now and then does so to few of those that start anew, and a cell that takes its process down does so each
time. On many machines the same is done by SLURM's --requeue and its like.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sgmbench.cli.orderly import Terminated
from sgmbench.errors import HostError

RESTARTS = 3
EVERY = 0.1  # s
SETTLED = 0.5  # s in which processes that end together do
GRACE = 10.0  # s for one to end by itself
ENDED = (0, 5)
"""Exit codes of a lead that has come to the end."""


@dataclass(frozen=True)
class Process:
    """One of them, and what it has said where that is not shown."""

    number: int
    child: "subprocess.Popen[bytes]"
    said: IO[bytes] | None

    @property
    def is_lost(self) -> bool:
        """Whether it was ended by a signal, or by the end of another one."""
        code = self.child.poll()
        return code is not None and (code < 0 or code == HostError.exit_code)

    @property
    def end(self) -> str:
        """How it ended, in words."""
        code = self.child.wait()
        if code >= 0:
            return f"process {self.number} ended with exit code {code}{self._last_word()}"
        names = {each.value: each.name for each in signal.Signals}
        why = ", as where memory runs out" if code == -signal.SIGKILL else ""
        return f"process {self.number} was ended by {names.get(-code, f'signal {-code}')}{why}"

    def _last_word(self) -> str:
        if self.said is None:
            return ""
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").split("\n")
        return next((f" ({line})" for line in reversed(lines) if line.strip()), "")


def supervise(count: int, words: Sequence[str], *, results: Path) -> int:
    """Runs `sgmbench WORDS` on so many processes, and gives the exit code of the first.

    Args:
        count: processes.
        words: of the command line.
        results: root of the results folders.

    Raises:
        HostError: they were ended again and again.
    """
    lost = None
    for started in range(RESTARTS + 1):
        with _processes(count, words) as processes:
            code, lost = _watch(processes)
            if lost is None:
                return code
            is_begun = _is_begun(results, processes[0].child.pid)
        if started < RESTARTS:
            sys.stderr.write(f"sgmbench: {lost}; all are started again, {started + 1} of {RESTARTS} times\n")
        if is_begun and "--resume" not in words:
            words = [*words, "--resume"]
    raise HostError(
        f"{lost}, and so {RESTARTS + 1} times; finished cells are kept, go on with --resume, or without --processes "
        "and with --isolate, where a cell that takes its process down fails alone"
    )


def _watch(processes: list[Process]) -> tuple[int, str | None]:
    """The exit code when it is known, and how one of them was lost."""
    lead, *others = processes
    try:
        while all(each.child.poll() in (None, 0) for each in processes) and lead.child.poll() is None:
            time.sleep(EVERY)
        time.sleep(0 if lead.child.poll() in ENDED else SETTLED)
    except (KeyboardInterrupt, Terminated) as end:
        lead.child.send_signal(signal.SIGINT if isinstance(end, KeyboardInterrupt) else signal.SIGTERM)
        return _code_of(lead), None  # it says so itself
    code = lead.child.poll()
    if code in ENDED:
        for each in others:
            _code_of(each)
        return code or 0, None
    killed = [each for each in processes if each.is_lost]
    if killed:
        first = min(killed, key=lambda each: (each.child.wait(), each.number == 0))  # signals are causes of other ends
        return 0, first.end
    if code is not None:
        return code, None
    failed = next(each for each in others if each.child.poll())
    sys.stderr.write(f"sgmbench: {failed.end}\n")
    return failed.child.wait(), None


def _code_of(process: Process) -> int:
    """When it has ended by itself; a shell's code of SIGKILL for one that has to be ended."""
    with suppress(subprocess.TimeoutExpired):
        return process.child.wait(GRACE)
    return 128 + signal.SIGKILL


@contextmanager
def _processes(count: int, words: Sequence[str]) -> Iterator[list[Process]]:
    """So many processes, none of which is left behind."""
    processes: list[Process] = []
    address = f"127.0.0.1:{_free_port()}"
    try:
        for i in range(count):
            said = tempfile.TemporaryFile() if i else None  # noqa: SIM115
            own = ["--processes", "1", "--coordinator", address, "--process-id", str(i), "--num-processes", str(count)]
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "sgmbench", *words, *own],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,  # Ctrl-C reaches this process alone
            )
            _share_processors(child.pid, i, count)
            processes.append(Process(i, child, said))
        yield processes
    finally:
        for each in processes:
            with suppress(ProcessLookupError, PermissionError):  # nobody is left of its group
                os.killpg(each.child.pid, signal.SIGKILL)
            each.child.wait()
            if each.said is not None:
                each.said.close()


def _share_processors(process: int, i: int, count: int) -> None:
    """Every count-th processor from the i-th on, where there are enough and the system lets them be chosen."""
    if hasattr(os, "sched_setaffinity"):
        own = sorted(os.sched_getaffinity(0))[i::count]
        with suppress(OSError):
            os.sched_setaffinity(process, own or os.sched_getaffinity(0))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _is_begun(results: Path, process: int) -> bool:
    """Whether a process was at work in a run."""
    from sgmbench.store.lock import LOCK, was_held_by

    return any(was_held_by(path, process) for path in results.glob(f"*/*/{LOCK}"))
