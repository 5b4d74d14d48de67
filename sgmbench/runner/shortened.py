"""Shortened trainings: a few chunks of steps in place of all, wherever in a method they are."""

from typing import Any

from sgmbench.cells import Description
from sgmbench.learning.training import Training

CHUNK = 25  # steps
CHUNKS = 3  # the first is compiled before it begins, the others are timed


def shortened(method: Description) -> Description:
    """A method whose training takes `CHUNKS` chunks of steps unless it takes fewer.

    A chunk ends where a loss on held-out runs is due, so that each ends with one: some steps' work every `CHUNK` steps.
    """
    if _is_training(method):
        every = min(CHUNK, method["evaluate_every"])
        steps = min(CHUNKS * every, method["steps"])
        return {**method, "steps": steps, "evaluate_every": every, "train_seconds": None}
    return {name: shortened(part) if isinstance(part, dict) else part for name, part in method.items()}


def stretch(method: Description) -> float:
    """How many times as many steps a method takes as its shortened one, of a training inside another part of it."""
    parts = [part for part in method.values() if isinstance(part, dict)]
    own = [part["steps"] / shortened(part)["steps"] for part in parts if _is_training(part)]
    return max([*own, *map(stretch, parts)], default=1.0)


def training_of(method: Description) -> Training:
    """The training of a method."""
    found = method.get("training")
    return Training(**found) if isinstance(found, dict) and _is_training(found) else Training()


def _is_training(plain: Any) -> bool:
    return isinstance(plain, dict) and {"steps", "train_seconds", "evaluate_every"} <= plain.keys()
