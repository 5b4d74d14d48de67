"""Crew: the workers of an engine, each of which makes one step at a time, in a child process of its own.

What a worker must be told of a run is its errand; all else is in the step, the run folder and the cache, which every
worker reads and writes itself. The crew tells through a queue what its workers say and when they have ended.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from sgmbench.runner.maker import Errand
from sgmbench.runner.steps import Step


@dataclass(frozen=True)
class Said:
    """How far a worker is with a phase of its step."""

    worker: str
    phase: str
    done: int
    total: int
    note: str


@dataclass(frozen=True)
class Ended:
    """A worker has ended with a step, and what has gone wrong, if anything has."""

    worker: str
    step: Step
    error: Exception | None


Heard = SimpleQueue[Said | Ended]


class Crew(Protocol):
    """Workers at the service of one run."""

    def machines(self) -> Mapping[str, str]:
        """All workers that are there now, and the machine that each is on."""
        ...

    def begin(self, worker: str, step: Step, *, beside: int) -> None:
        """Has an idle worker make a step, while up to so many others are at work on its machine."""


class Engine(Protocol):
    """Where a crew comes from."""

    def crew(self, errand: Errand, heard: Heard) -> AbstractContextManager[Crew]:
        """Workers until the `with` block ends, and whatever they are at then."""
        ...
