"""Results as plain data."""

import dataclasses
from typing import Any

from sgmbench.config.dump import dump
from sgmbench.core.problem import Problem


def as_plain(value: Any) -> Any:
    """Dataclasses as dictionaries, tuples as lists, NaN and infinity as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value


def settings_by_default(problem: Problem) -> dict[str, Any]:
    """The configuration of a problem's kind with nothing set, empty where its settings have no defaults."""
    try:
        return dump(type(problem)())
    except TypeError:
        return {}
