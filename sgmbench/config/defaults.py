"""Defaults: which kind of part stands where a document leaves one out.

The way goes down a plain document by keys and positions, beside the annotation of what is there: an entry is written
flat, so that a key may belong to it or to the class that it names.
"""

from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin

from sgmbench import registry
from sgmbench.config.annotations import branches, group_of, hints, kind_field, split
from sgmbench.errors import UsageError


def default_kind(annotation: Any, document: Any, path: Sequence[str | int]) -> str | None:
    """The kind of the part that a class holds by default at a path that the document leaves out; None where none."""
    *way, last = path
    name = str(last)
    for key in way:
        annotation = _inside(annotation, document, key)
        document = document[key]
    for cls in _classes(annotation, document):
        group, default = _group(hints(cls).get(name)), _default(cls, name)
        if group and is_dataclass(type(default)):
            return registry.kind_of(group, type(default))
    return None


def _inside(annotation: Any, value: Any, key: str | int) -> Any:
    """The annotation of what is at a key of a mapping or a position of a list; Any where nothing is known of it."""
    if isinstance(value, list):
        listed = [split(branch)[0] for branch in branches(annotation) if get_origin(split(branch)[0]) is tuple]
        return get_args(listed[0])[0] if listed else Any
    return next((hints(cls)[key] for cls in _classes(annotation, value) if key in hints(cls)), Any)


def _classes(annotation: Any, value: Any) -> list[type]:
    """Whose fields a mapping holds: a class by its kind, a dataclass, or both in an entry."""
    if group := _group(annotation):
        return _named(group, value)
    for branch in branches(annotation):
        base, _ = split(branch)
        if isinstance(base, type) and is_dataclass(base):
            name = kind_field(base)
            return [base, *(_classes(hints(base)[name], value) if name else ())]
    return []


def _named(group: str, value: Any) -> list[type]:
    """The class that a mapping's `kind` names; none where there is none, which the check of the whole will say."""
    kind = value.get("kind") if isinstance(value, dict) else value
    try:
        cls = registry.load(group, kind) if isinstance(kind, str) else None
    except UsageError:
        return []
    return [cls] if cls is not None and is_dataclass(cls) else []


def _group(annotation: Any) -> str | None:
    """The registry group that a field names a member of, be it optional."""
    return next(filter(None, map(group_of, (annotation, *branches(annotation)))), None)


def _default(cls: Any, name: str) -> Any:
    """What a field of a dataclass holds where nothing is written."""
    for field in fields(cls):
        if field.name == name:
            return field.default_factory() if field.default_factory is not MISSING else field.default
    return MISSING
