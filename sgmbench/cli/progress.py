"""Progress in the terminal: a Rich bar for each phase, or plain lines every 30 s where there is no terminal.

A terminal that cannot move its cursor (TERM=dumb) counts as none; NO_COLOR takes the colors from the bars.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sgmbench.cli.aside import aside
from sgmbench.cli.time_left import TimeLeft
from sgmbench.report.format import seconds

EVERY = 30.0  # s


class QuietProgress(AbstractContextManager):
    """Says nothing."""

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


class BarProgress(AbstractContextManager):
    """One bar for each phase: how much is done, time left, a short reading."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description:>12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
        )
        self._tasks = {}
        self._left: dict[str, TimeLeft] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def expect(self, phase: str, seconds: Sequence[float]) -> None:
        self._left[phase] = TimeLeft(seconds)

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._bars.add_task(phase, total=total, note=note, left="")
            self._left.setdefault(phase, TimeLeft())
        task = self._tasks[phase]
        if done < self._bars.tasks[task].completed:
            self._bars.reset(task, total=total)
        left = _in_words(self._left[phase].told(done, total, time.monotonic()))
        is_shown = done < total or phase == "cells"
        self._bars.update(task, completed=done, total=total, note=note, left=left, visible=is_shown)


class LineProgress(AbstractContextManager):
    """A plain line each 30 s, and one for each cell, with the time that the others will take, and each problem."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()
        self._left = TimeLeft()

    def __exit__(self, *exception: object) -> None:
        pass

    def expect(self, phase: str, seconds: Sequence[float]) -> None:
        if phase == "cells":
            self._left = TimeLeft(seconds)

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        left = _in_words(self._left.told(done, total, now)) if phase == "cells" else ""
        if phase in ("problems", "cells") or now - self._last >= EVERY:
            self._last = now
            words = " ".join(word for word in (f"{phase} {done}/{total}", note, left) if word)
            self._console.print(words, highlight=False, markup=False)


def _in_words(left: float | None) -> str:
    return f"{seconds(left)} left" if left else ""


@contextmanager
def terminal_progress(*, quiet: bool) -> Iterator[QuietProgress | BarProgress | LineProgress]:
    """What fits standard error, where all that is printed meanwhile goes, too."""
    with aside(), _listener(quiet=quiet) as progress:
        yield progress


def _listener(*, quiet: bool) -> QuietProgress | BarProgress | LineProgress:
    console = Console(stderr=True)
    if quiet:
        return QuietProgress()
    return BarProgress(console) if console.is_terminal and not console.is_dumb_terminal else LineProgress(console)
