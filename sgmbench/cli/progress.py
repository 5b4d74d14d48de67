"""Progress in the terminal: a Rich bar for each phase, or plain lines every 30 s where there is no terminal."""

import time
from contextlib import AbstractContextManager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

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
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
        )
        self._tasks = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._bars.add_task(phase, total=total, note=note)
        task = self._tasks[phase]
        if done < self._bars.tasks[task].completed:
            self._bars.reset(task, total=total)
        self._bars.update(task, completed=done, total=total, note=note, visible=done < total or phase == "cells")


class LineProgress(AbstractContextManager):
    """A plain line each 30 s, and one for each cell and each problem of a series."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()

    def __exit__(self, *exception: object) -> None:
        pass

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if phase in ("problems", "cells") or now - self._last >= EVERY:
            self._last = now
            self._console.print(f"{phase} {done}/{total} {note}".rstrip(), highlight=False, markup=False)


def terminal_progress(*, quiet: bool) -> QuietProgress | BarProgress | LineProgress:
    """What fits standard error."""
    console = Console(stderr=True)
    if quiet:
        return QuietProgress()
    return BarProgress(console) if console.is_terminal else LineProgress(console)
