"""Annotations: a dataclass field's type, taken apart, and in words.

`int` with `Ge(1)` is "a whole number of at least 1": the words come from the same annotation that the value is checked
against, so that no message can contradict the check.
"""

import dataclasses
from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import annotated_types as at

from sgmbench.core.experiment import Kind


def split(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type of an annotation and its metadata."""
    if get_origin(annotation) is Annotated:
        return annotation.__origin__, annotation.__metadata__
    return annotation, ()


def group_of(annotation: Any) -> str | None:
    """The registry group of a field whose value names a class, else None."""
    return next((item.group for item in split(annotation)[1] if isinstance(item, Kind)), None)


def branches(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone."""
    base, _ = split(annotation)
    return get_args(base) if get_origin(base) in (Union, UnionType) else (annotation,)


@cache
def hints(cls: type) -> dict[str, Any]:
    """The annotation of each field of a dataclass that its constructor takes."""
    resolved = get_type_hints(cls, include_extras=True)
    return {field.name: resolved[field.name] for field in dataclasses.fields(cls) if field.init}


@cache
def required(cls: type) -> frozenset[str]:
    """The fields of a dataclass that have no default."""
    missing = dataclasses.MISSING
    fields = [field for field in dataclasses.fields(cls) if field.init]
    return frozenset(field.name for field in fields if field.default is missing and field.default_factory is missing)


@cache
def kind_field(cls: type) -> str | None:
    """The field that makes a dataclass an entry, which is written flat: its label, and a class with its own fields."""
    kinds = [name for name, hint in hints(cls).items() if group_of(hint)]
    return kinds[0] if len(kinds) == 1 and "label" in hints(cls) else None


def expected(annotation: Any) -> str:
    """What to write for a field, in words."""
    base, metadata = split(annotation)
    origin = get_origin(base)
    if group := group_of(annotation):
        return f"the name of a {group[:-1]}, or a mapping with `kind` and what belongs to it"
    if dataclasses.is_dataclass(base):
        return f"a mapping with {any_of(hints(base), 'and')}"
    if origin is Literal:
        return any_of(map(str, get_args(base)))
    if origin in (Union, UnionType):
        return " or ".join(expected(branch) for branch in get_args(base))
    if origin is tuple:
        return _list(get_args(base), metadata)
    if origin is dict:
        return f"a mapping from names to values, each {expected(get_args(base)[1])}"
    scalars = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
    return scalars.get(base, getattr(base, "__name__", str(base))) + _bounds(metadata)


def any_of(names: Any, conjunction: str = "or") -> str:
    """The names in a sentence: "a, b or c"."""
    *most, last = list(names) or ["nothing"]
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def shown(value: Any) -> str:
    """A value as one writes it in YAML, cut short."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(map(shown, value)) + "]"
    else:
        text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}...{text[-1]}"


def _list(arguments: tuple[Any, ...], metadata: tuple[Any, ...]) -> str:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return f"a list{_bounds(metadata, ' entries')}, each entry {expected(arguments[0])}"
    return "a list of " + any_of(map(expected, arguments), "and")


def _bounds(metadata: tuple[Any, ...], noun: str = "") -> str:
    """The bounds of a number, or of the length of a list."""
    words = []
    for item in _flat(metadata):
        match item:
            case at.Ge(ge=low) | at.MinLen(min_length=low) if not (noun and low == 0):
                words.append(f"of at least {low}{noun if low != 1 else noun.replace('entries', 'entry')}")
            case at.Gt(gt=low):
                words.append(f"above {low}")
            case at.Le(le=high) | at.MaxLen(max_length=high):
                words.append(f"of at most {high}{noun}")
            case at.Lt(lt=high):
                words.append(f"below {high}")
            case at.MultipleOf(multiple_of=step):
                words.append(f"divisible by {step}")
    return f" {' and '.join(words)}" if words else ""


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, at.GroupedMetadata):
            yield from item
        else:
            yield item
