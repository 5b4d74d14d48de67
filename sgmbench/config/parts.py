"""Parts: the objects that the parts of a document describe, for checks that look at several of them."""

from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from sgmbench.config.annotations import hints, split
from sgmbench.config.faults import Path
from sgmbench.config.schema import validate
from sgmbench.core.experiment import Experiment

Parts = dict[Path, Any]


def valid_parts(document: dict[str, Any]) -> Parts:
    """The objects that the parts of a document describe, by path: its fields, and the entries of its lists."""
    parts: Parts = {}
    for name, hint in hints(Experiment).items():
        value, (base, _) = document.get(name), split(hint)
        pairs = [((name,), hint, value)]
        if get_origin(base) is tuple:
            each = get_args(base)[0]
            stands_alone = isinstance(value, dict) and is_dataclass(split(each)[0])  # without the dash of a list
            items = [value] if stands_alone else value
            pairs = [((name, i), each, item) for i, item in enumerate(items)] if isinstance(items, list) else pairs
        for path, annotation, item in pairs if name in document else ():
            part, faults = validate(annotation, item)
            if not faults:
                parts[path] = part
    return parts


def entries_of(parts: Parts, *lists: str) -> dict[Path, Any]:
    """The valid entries of some lists."""
    return {path: part for path, part in parts.items() if path[0] in lists and len(path) == 2}
