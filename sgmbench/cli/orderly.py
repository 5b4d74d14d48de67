"""Ends a command in an orderly way: a message without a traceback, an exit code for each kind of end.

0 done    2 wrong configuration or usage, or what a user's own code has raised
3 regression, or a cell that is not reproduced    4 inconclusive, with `compare --strict`
5 failed cells, or a run that is not as it was written    6 not comparable
7 results folder    130 Ctrl-C    143 SIGTERM
1 a bug, with its traceback, or an instrument that `calibrate` found biased
"""

import functools
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer

from sgmbench.cli.in_time import ended_in_time
from sgmbench.errors import SgmbenchError
from sgmbench.raised import is_users, told

KEPT = "finished cells are kept, go on with --resume"
ENDS: dict[int, tuple[str, int]] = {
    signal.SIGINT: (f"interrupted; {KEPT}", 130),
    signal.SIGTERM: (f"terminated; {KEPT}", 143),
}
"""What is said of a signal, and the exit code."""


class Terminated(BaseException):
    """SIGTERM arrived."""


def orderly(command: Callable[..., int | None]) -> Callable[..., None]:
    """Wraps a command that returns its exit code (None is 0)."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        signal.signal(signal.SIGTERM, _terminate)
        try:
            with ended_in_time(ENDS):
                code = command(*args, **kwargs) or 0
        except SgmbenchError as error:
            code = _say(str(error), error.exit_code)
        except KeyboardInterrupt:
            code = _say(*ENDS[signal.SIGINT])
        except Terminated:
            code = _say(*ENDS[signal.SIGTERM])
        except Exception as error:
            if not is_users(error):
                raise
            code = _say(told(error), 2)
        raise typer.Exit(code)

    return wrapped


def _terminate(signum: int, frame: Any) -> None:
    raise Terminated


def _say(message: str, code: int) -> int:
    sys.stderr.write(f"sgmbench: {message}\n" if "\n" not in message else f"{message}\n")
    return code
