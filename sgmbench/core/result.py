"""Result: what became of one cell."""

from dataclasses import dataclass, field
from typing import Any, Literal

from sgmbench.core.cost import Cost
from sgmbench.core.findings import Finding

Scores = dict[str, dict[str, dict[str, float]]]
"""condition -> metric label -> part -> value."""

PairScores = dict[str, dict[str, list[float | None]]]
"""metric label -> part -> value of each held-out pair, None where it is no number, as it is in JSON."""


@dataclass(frozen=True)
class Result:
    """A computed or failed cell: its cost, its scores at each condition, its validity.

    `name` pairs cells across versions of the code, `content` says what exactly was computed. `failed_runs` gave NaN or
    infinity: they were paid for and not used. `pair_scores` are what `scores` are the means of, where no condition
    repeats: differences between methods are paired by them. `diagnostics` are what a generator tells about its fit.
    An `is_outage` failed for want of a server, of memory or of time, and not by what it is: `--resume` tries it again.
    `reasons` say why the cell is invalid, `marks` what limits its claims and leaves it valid (`core.findings`).
    """

    name: str
    content: str
    target: str
    method: str
    kind: Literal["sampler", "generator"]
    budget: int
    replicate: int
    status: Literal["ok", "failed"]
    reason: str = ""
    is_outage: bool = False
    failed_runs: int = 0
    samples_each: dict[str, int] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)
    scores: Scores = field(default_factory=dict)
    pair_scores: PairScores = field(default_factory=dict)
    diagnostics: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[Finding, ...] = ()
    marks: tuple[Finding, ...] = ()

    @property
    def validity(self) -> Literal["valid", "invalid"]:
        """Whether its scores may win; a failed cell has none."""
        return "invalid" if self.reasons or self.status == "failed" else "valid"
