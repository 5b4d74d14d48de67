"""How long work says where it is, without knowing who listens."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Listener of long work; the terminal's is in the command line, `silent` does nothing."""

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        """`done` of `total` units of `phase` are finished; `note` is a short reading such as the loss."""


def silent(phase: str, done: int, total: int, note: str = "") -> None:
    """Listens to nothing."""
