"""How long work says where it is, without knowing who listens."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Listener of long work; the terminal's is in the command line, `silent` does nothing."""

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        """`done` of `total` units of `phase` are finished; `note` is a short reading such as the loss."""


@runtime_checkable
class Forecaster(Protocol):
    """Listener that says what is left of unequal units, where it is told before what each will take."""

    def expect(self, phase: str, seconds: Sequence[float]) -> None:
        """Of each unit of `phase`, in their order."""


def silent(phase: str, done: int, total: int, note: str = "") -> None:
    """Listens to nothing."""


def expect(progress: Progress, phase: str, seconds: Sequence[float]) -> None:
    """Tells a listener what each unit of a phase will take, where that is known and the listener asks for it."""
    if seconds and isinstance(progress, Forecaster):
        progress.expect(phase, seconds)
