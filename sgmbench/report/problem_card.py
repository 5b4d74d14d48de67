"""What `show PROBLEM` prints: equations, inputs and outputs, what is known, levels, and the last measured speed."""

import dataclasses
import sys
from dataclasses import dataclass
from typing import Any

from sgmbench.config.dump import dump
from sgmbench.core.knowledge import KnownDensity, KnownMoments, KnownPosterior, KnownTail
from sgmbench.core.observation import Observed
from sgmbench.core.prior import Prior
from sgmbench.core.problem import Constrained, Hosted, Leveled, Problem, Recomputable, Traceable
from sgmbench.report.format import count

SOURCES = {Traceable: "JAX, traced", Hosted: "outside JAX, on the host"}
KNOWLEDGE = {
    KnownMoments: "moments",
    KnownDensity: "density and score",
    KnownTail: "tail probability",
    KnownPosterior: "posterior sampler",
}
CAPABILITIES = {
    Constrained: "constraints",
    Recomputable: "outputs that can be recomputed from others",
    Observed: "observation",
}


@dataclass(frozen=True)
class ProblemCard:
    """All that `show` says of a problem.

    Attributes:
        configuration: `kind` and hyperparameters.
        equations: the docstring of its module.
        runs_in: where its runs come from.
        parameters: name, unit and prior of each entry of z.
        germ_dimension: length of xi.
        fields: name, unit and shape of each field of y.
        exact: what is exactly known.
        capabilities: what else it declares.
        relative_costs: of its levels, in runs of itself, finest first; empty where it has none.
        check: the last check of it as JSON, if there is one.
    """

    configuration: dict[str, Any]
    equations: str
    runs_in: str
    parameters: tuple[tuple[str, str, str], ...]
    germ_dimension: int
    fields: tuple[tuple[str, str, tuple[int, ...]], ...]
    exact: tuple[str, ...]
    capabilities: tuple[str, ...]
    relative_costs: tuple[float, ...]
    check: dict[str, Any] | None


def card_of(problem: Problem, check: dict[str, Any] | None) -> ProblemCard:
    """The card of a problem, with what its last check measured."""
    return ProblemCard(
        configuration=dump(problem),
        equations=(sys.modules[type(problem).__module__].__doc__ or "").strip(),
        runs_in=_said(problem, SOURCES)[0] if _said(problem, SOURCES) else "recorded before",
        parameters=tuple((p.name, p.unit, prior_text(p.prior)) for p in problem.parameters),
        germ_dimension=problem.germ_dimension,
        fields=tuple((f.name, f.unit, f.shape) for f in problem.layout.fields),
        exact=_said(problem, KNOWLEDGE),
        capabilities=_said(problem, CAPABILITIES),
        relative_costs=_relative_costs(problem),
        check=check,
    )


def card_lines(card: ProblemCard) -> list[str]:
    """The card as lines of text."""
    settings = ", ".join(f"{name}: {value}" for name, value in card.configuration.items() if name != "kind")
    p, d = len(card.parameters), sum(_size(shape) for *_, shape in card.fields)
    rows = {
        "settings": settings,
        "z": f"{p} parameter{'s' * (p != 1)}",
        **{f"  {name}": f"{prior} {_unit(unit)}".rstrip() for name, unit, prior in card.parameters},
        "xi": f"{card.germ_dimension:,} standard normal{'s' * (card.germ_dimension != 1)}",
        "y": f"{d:,} number{'s' * (d != 1)}",
        **{f"  {name}": f"{_shape(shape)} {_unit(unit)}".rstrip() for name, unit, shape in card.fields},
        "exact": ", ".join(card.exact) or "nothing",
        "declares": ", ".join(card.capabilities),
        "levels": _levels(card),
        "runs in": card.runs_in,
        "speed": _speed(card),
    }
    width = max(map(len, rows))
    return [card.equations, "", *(f"{name:<{width}}  {text}" for name, text in rows.items() if text)]


def prior_text(prior: Prior) -> str:
    """A prior and its numbers, as "Uniform(0, 50)"."""
    values = [getattr(prior, field.name) for field in dataclasses.fields(prior)]  # pyright: ignore[reportArgumentType]
    numbers = ", ".join(f"{value:g}" for value in values if isinstance(value, int | float))
    return f"{type(prior).__name__}({numbers})"


def _said(problem: Problem, texts: dict[type, str]) -> tuple[str, ...]:
    return tuple(text for kind, text in texts.items() if isinstance(problem, kind))


def _relative_costs(problem: Problem) -> tuple[float, ...]:
    costs, level = [], problem if isinstance(problem, Leveled) else None
    while level is not None:
        costs.append(level.relative_cost)
        level = level.coarser()
    return tuple(cost / costs[0] for cost in costs)


def _levels(card: ProblemCard) -> str:
    if not card.relative_costs:
        return "one"
    costs = ", ".join(f"{cost:.3g}" for cost in card.relative_costs)
    return f"{len(card.relative_costs)}, costing {costs} of a run"


def _speed(card: ProblemCard) -> str:
    if card.check is None:
        return f"not measured; sgmbench check-problem {card.configuration['kind']} does"
    speed = card.check["speed"]
    verdict = f"{card.check['verdict']}; {card.check['device']}, {card.check['date']}"
    return f"{count(speed['runs_per_second'])} runs/s in chunks of {speed['chunk']:,}, check: {verdict}"


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "scalar"


def _unit(unit: str) -> str:
    return "" if unit == "-" else unit
