"""Faults: what is wrong, and where.

A path names a value of a document, as ("budgets", 0). A fault has a path and a text; the place on the screen follows
from the path, either a line and column of the file or the `--set` that the value came from.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sgmbench.errors import UsageError

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: the value at `path`, or its key; `place` where the path alone cannot tell it."""

    path: Path
    text: str
    is_key: bool = False
    place: Place | None = None


class ConfigError(UsageError):
    """Everything that is wrong with a configuration, one line each.

    Attributes:
        lines: `file:line:column: path: what is wrong; what to write instead`, in the order of the file.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Origins:
    """Where values and keys came from: places in the file, or the text of the `--set` that wrote them."""

    file: str
    values: dict[Path, Place]
    keys: dict[Path, Place]
    overrides: dict[Path, str]

    def line(self, fault: Fault) -> str:
        """The fault as one line for the terminal."""
        name = ".".join(str(part) if str(part).isprintable() else ascii(part) for part in fault.path)
        return ": ".join(part for part in (self._source(fault), name, fault.text) if part)

    def order(self, fault: Fault) -> tuple[bool, Place]:
        """Sorts faults by their place in the file, those of overrides last."""
        return self._override(fault.path) is not None, self._place(fault)

    def _source(self, fault: Fault) -> str:
        override = self._override(fault.path)
        if override is not None and fault.place is None:
            return f"--set {override}"
        if not self.values and fault.place is None:
            return self.file
        line, column = self._place(fault)
        return f"{self.file}:{line}:{column}"

    def _override(self, path: Path) -> str | None:
        above = (self.overrides[each] for each in _upwards(path) if each in self.overrides)
        below = (text for each, text in self.overrides.items() if path not in self.values and each[: len(path)] == path)
        return next(above, next(below, None))

    def _place(self, fault: Fault) -> Place:
        if fault.place is not None:
            return fault.place
        if fault.is_key and fault.path in self.keys:
            return self.keys[fault.path]
        return next((self.values[path] for path in _upwards(fault.path) if path in self.values), (1, 1))


def _upwards(path: Path) -> Iterator[Path]:
    """The path, then its parents up to the root ()."""
    return (path[:length] for length in range(len(path), -1, -1))
