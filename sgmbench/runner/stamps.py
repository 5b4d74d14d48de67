"""Stamps: a listener that notes when the steps of a training and the conditions of a cell were done."""

import time
from dataclasses import dataclass, field


@dataclass
class Stamps:
    """Times of progress.

    Attributes:
        conditions: when each was done.
        steps: when, and how many steps, of the last training.
    """

    conditions: list[float] = field(default_factory=list)
    steps: list[tuple[float, int]] = field(default_factory=list)

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        now = time.perf_counter()
        if phase == "conditions":
            self.conditions.append(now)
        elif phase == "training":
            if self.steps and done <= self.steps[-1][1]:
                self.steps.clear()  # another training: the last one is a method's own
            self.steps.append((now, done))

    @property
    def between_conditions(self) -> float:
        """Seconds from the end of the first to the end of the second: all that a further one takes."""
        return self.conditions[1] - self.conditions[0] if len(self.conditions) > 1 else 0.0

    @property
    def training(self) -> tuple[int, float]:
        """Steps taken, and seconds of one after the first chunk; 0 where there was no other."""
        if not self.steps:
            return 0, 0.0
        (begun, first), (ended, last) = self.steps[0], self.steps[-1]
        return last, (ended - begun) / (last - first) if last > first else 0.0
