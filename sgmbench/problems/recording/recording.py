"""Recording: what a file of runs has, whatever its format."""

import difflib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sgmbench.errors import UsageError


@dataclass(frozen=True)
class Variable:
    """An array of a file.

    Attributes:
        values: as they are in the file.
        axes: names of the dimensions after the first, empty where the format has no names for them.
        unit: "" where the format, or the file, has none.
    """

    values: np.ndarray
    axes: tuple[str, ...] = ()
    unit: str = ""


class Recording(ABC):
    """An open file of runs."""

    path: str

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of all variables."""

    @abstractmethod
    def variable(self, name: str) -> Variable:
        """One of them; raises UsageError where it cannot be read."""

    @abstractmethod
    def listed(self, which: Literal["z", "y"]) -> tuple[str, ...] | None:
        """The names that the file itself gives for z or y, None where it does not."""

    def get(self, name: str, role: str) -> Variable:
        """The variable that is named for some role; raises UsageError where there is none."""
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=1, cutoff=0.5)
            suggestion = f" (did you mean {near[0]}?)" if near else ""
            raise self.error(f"has no variable {name!r}{suggestion}, which is named {role}; {self.has}")
        return self.variable(name)

    @property
    def has(self) -> str:
        """The names there are, in a sentence."""
        return f"it has {', '.join(self.names) or 'no variables'}"

    def error(self, text: str) -> UsageError:
        """What is wrong with the file, and what to do."""
        return UsageError(f"{self.path}: {text}")


def as_names(value: Any) -> tuple[str, ...]:
    """Names written as one text or as an array of texts."""
    return tuple(str(name) for name in _flat(value))


def _flat(value: Any) -> Iterable[Any]:
    return np.atleast_1d(np.asarray(value)).ravel().tolist()
