"""Comparable: whether two runs ask the same, and where they do not, what each asks.

Another problem, target, seed or reference leaves nothing to compare. Budgets and metrics may differ: cells of one
budget are compared by metrics of equal settings, and what else the old run has measured is not comparable (`lost`).
"""

from collections.abc import Iterator
from typing import Any

from sgmbench.compare.side import Group, Side
from sgmbench.errors import IncomparableError
from sgmbench.runner.kernel import KERNEL

TOLD = 3
"""Differences that are written out."""

ABSENT = "absent"
MACHINE = {
    "device": ("device",),
    "processor": ("processor",),
    "jax": ("versions", "jax"),
    "jaxlib": ("versions", "jaxlib"),
}
"""What must agree for seconds to be compared, and where the environment has it."""


def check_comparable(old: Side, new: Side) -> None:
    """Whether both ask the same of the same problem; budgets may differ.

    Raises:
        IncomparableError: says in what they differ, with both values.
    """
    different = [
        said
        for key in old.asked
        if key != "budgets"
        for said in _differences(key, old.asked[key], new.asked.get(key), old.path, new.path)
    ]
    if different:
        more = f", and {len(different) - TOLD} more" if len(different) > TOLD else ""
        raise IncomparableError(f"not comparable: {', '.join(different[:TOLD])}{more}; run both with the same")


def nothing_paired(old: Side, new: Side) -> IncomparableError:
    """Why no cell is in both."""
    methods = old.asked["budgets"].keys() & new.asked["budgets"].keys()
    said = [
        text
        for method in sorted(methods)
        for text in _differences(
            f"budgets of {method}", old.asked["budgets"][method], new.asked["budgets"][method], old.path, new.path
        )
    ]
    why = f" ({', '.join(said[:TOLD])})" if said else ""
    return IncomparableError(f"not comparable: no finished cell is in both runs{why}; run both with a common budget")


def no_longer_asked(old: Side, new: Side) -> dict[Group, str]:
    """What valid cells of the old run have measured and the new one is not asked for, with both budgets."""
    before, now = old.asked["budgets"], new.asked["budgets"]
    measured = {cell.group for cell in old.cells.values() if cell.status == "ok" and not cell.invalid_because}
    gone = measured - {cell.group for cell in new.cells.values()}
    return {
        (target, method, budget): _both(
            f"budgets of {method}", before.get(method), now.get(method, ABSENT), old.path, new.path
        )
        for target, method, budget in sorted(gone)
        if budget not in now.get(method, [])
    }


def other_programs(old: Side, new: Side) -> str | None:
    """In what the packages and devices differ on which operations depend; None where they are alike."""
    for name, a in old.programs.items():
        if a != (b := new.programs.get(name, ABSENT)):
            return _both(name, a, b, old.path, new.path)
    return None


def other_machine(old: Side, new: Side) -> str | None:
    """In what the machines differ; None where they are alike."""
    for name, way in MACHINE.items():
        a, b = _at(old.environment, way), _at(new.environment, way)
        if a != b:
            return _both(name, a, b, old.path, new.path)
    return None


def kernels(old: Side, new: Side) -> tuple[float, float] | None:
    """Seconds of the calibration kernel where either run was made; None where one of them has not measured it."""
    a, b = (side.environment.get(KERNEL) for side in (old, new))
    return (a, b) if a and b else None


def other_metrics(old: Side, new: Side) -> dict[str, str]:
    """Why metrics of the old run are not comparable, by label: the new one has other settings of them, or none."""
    found = {}
    for label, entry in old.metrics.items():
        if label not in new.metrics:
            found[label] = f"it is not among the metrics of {new.path}"
        elif different := list(_differences(label, entry, new.metrics[label], old.path, new.path)):
            found[label] = ", ".join(different[:TOLD])
    return found


def _at(environment: dict[str, Any], way: tuple[str, ...]) -> Any:
    for key in way:
        environment = environment.get(key, {})
    return environment or None


def _differences(name: str, a: Any, b: Any, old: str, new: str) -> Iterator[str]:
    """The smallest parts in which two plain values differ, with both; an option that is not there is not set."""
    if a == b:
        return
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            yield from _differences(f"{name}.{key}", a.get(key), b.get(key), old, new)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and isinstance(a[0], dict | list):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _differences(f"{name}.{i}", x, y, old, new)
    else:
        yield _both(name, a, b, old, new)


def _both(name: str, a: Any, b: Any, old: str, new: str) -> str:
    return f"{name} is {_shown(a)} in {old} and {_shown(b)} in {new}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
