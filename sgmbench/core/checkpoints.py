"""Where long training keeps what it has reached, without knowing what keeps it."""

from typing import Protocol, runtime_checkable

from jaxtyping import PyTree


@runtime_checkable
class Checkpoints(Protocol):
    """States of one training by step; the store's are folders with checksums, `no_checkpoints` keeps nothing."""

    def save(self, step: int, state: PyTree) -> None:
        """Keeps the state reached after `step` steps; the newest whole one replaces older ones."""

    def latest(self, like: PyTree) -> PyTree | None:
        """The newest whole state, in the structure, shapes and dtypes of `like`; None where there is none.

        An axis of length 0 in `like` may have grown.
        """

    @property
    def place(self) -> str:
        """Where the newest whole state lies, in words; empty where there is none."""
        ...


class NoCheckpoints:
    """Keeps nothing."""

    place = ""

    def save(self, step: int, state: PyTree) -> None:
        pass

    def latest(self, like: PyTree) -> PyTree | None:
        return None


no_checkpoints = NoCheckpoints()
