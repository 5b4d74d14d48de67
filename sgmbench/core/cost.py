"""What a method spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cost:
    """Counts and seconds of one cell.

    `solver_runs` are those asked for in fine-run equivalents, `executed_runs` the lanes that the device really ran
    (the last chunk is padded). `network_evaluations` are those a sample, `samples` all that were drawn, of which
    `extra_samples` at each condition were not delivered. Seconds are split into compile, simulate, train and sample;
    cold time has compilation in it, warm time has not.
    """

    solver_runs: float = 0.0
    executed_runs: float = 0.0
    gradients: float = 0.0
    network_evaluations: float = 0.0
    samples: int = 0
    extra_samples: int = 0
    peak_bytes: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def cold(self) -> float:
        """Seconds with compilation."""
        return sum(self.seconds.values())

    @property
    def warm(self) -> float:
        """Seconds without compilation."""
        return self.cold - self.seconds.get("compile", 0.0)
