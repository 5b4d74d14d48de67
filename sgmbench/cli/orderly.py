"""Ends a command in an orderly way: a message without a traceback, an exit code for each kind of end.

0 done    2 wrong configuration or usage, or what a user's own code has raised
3 regression, or a cell that is not reproduced    4 inconclusive, with `compare --strict`
5 failed cells, or a run that is not as it was written    6 not comparable
7 results folder or standard output    8 one of many processes is gone    130 Ctrl-C    143 SIGTERM
1 a bug, with its traceback, or an instrument that `calibrate` found biased
"""

import errno
import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer

from sgmbench.cli.in_time import ended_in_time
from sgmbench.errors import SgmbenchError
from sgmbench.printable import printable
from sgmbench.raised import is_users, told

RESUMED = ("run", "sweep")
"""Commands that go on with what is finished."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Without the name of a file it is standard output that has none: of files a StoreError tells."""


class Terminated(BaseException):
    """SIGTERM arrived."""

    exit_code = 143


def orderly(command: Callable[..., int | None]) -> Callable[..., None]:
    """Wraps a command that returns its exit code (None is 0)."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        signal.signal(signal.SIGTERM, _terminate)
        ends = _ends_of(command.__name__)
        try:
            with ended_in_time(ends):
                code = command(*args, **kwargs) or 0
                sys.stdout.flush()
        except SgmbenchError as error:
            code = _say(str(error), error.exit_code)
        except KeyboardInterrupt:
            code = _say(*ends[signal.SIGINT])
        except Terminated:
            code = _say(*ends[signal.SIGTERM])
        except Exception as error:
            if is_users(error):
                code = _say(told(error), 2)
            elif isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
                _write_no_more()
                code = _say(f"standard output cannot be written ({error.strerror}); send it elsewhere", 7)
            else:
                raise
        raise typer.Exit(code)

    return wrapped


def _ends_of(command: str) -> dict[int, tuple[str, int]]:
    """What is said of a signal, and the exit code."""
    kept = "; finished cells are kept, go on with --resume" if command in RESUMED else ""
    return {signal.SIGINT: (f"interrupted{kept}", 130), signal.SIGTERM: (f"terminated{kept}", 143)}


def _write_no_more() -> None:
    """What standard output still holds goes nowhere, so that the interpreter does not fail at it in the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(signum: int, frame: Any) -> None:
    raise Terminated


def _say(message: str, code: int) -> int:
    said = printable(message)
    sys.stderr.write(f"sgmbench: {said}\n" if "\n" not in said else f"{said}\n")
    return code
