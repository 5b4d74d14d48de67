"""Dump: an experiment back to plain data, with every kind and every hyperparameter written out.

The result is what `run.json` keeps and content hashes digest: equal experiments give equal data, and loading the data
gives an equal experiment. Values follow the annotations, so that 1 and 1.0 in a field of numbers do not differ.
"""

from dataclasses import is_dataclass
from functools import cache
from typing import Any, get_args, get_origin

from sgmbench import registry
from sgmbench.config.annotations import branches, group_of, hints, kind_field, split
from sgmbench.core.experiment import Experiment, MethodEntry, MetricEntry


def dump(value: Any) -> dict[str, Any]:
    """An experiment, or a part of one, as data that JSON and YAML can hold.

    A problem, target, method or metric is given with its `kind`; `load.build` is the inverse.
    """
    member = next((hint for base, hint in _members().items() if isinstance(value, base)), type(value))
    return _plain(member, value)


@cache
def _members() -> dict[Any, Any]:
    """The annotation of the members of each registry group that an experiment names, by their base class."""
    found = [*hints(Experiment).values(), *hints(MethodEntry).values(), *hints(MetricEntry).values()]
    found += [get_args(split(hint)[0])[0] for hint in found if get_origin(split(hint)[0]) is tuple]
    return {split(hint)[0]: hint for hint in found if group_of(hint)}


def _plain(annotation: Any, value: Any) -> Any:
    base, _ = split(annotation)
    group = next(filter(None, map(group_of, (annotation, *branches(annotation)))), None)
    if group is not None and is_dataclass(type(value)):
        return {"kind": registry.kind_of(group, type(value)), **_fields(type(value), value)}
    if is_dataclass(type(value)):
        return _fields(type(value), value)
    if isinstance(value, tuple):
        return [_plain(item, part) for item, part in zip(_items(base, len(value)), value, strict=True)]
    if isinstance(value, dict):
        of_value = (*get_args(base), Any, Any)[1]
        return {key: _plain(of_value, item) for key, item in sorted(value.items())}
    return float(value) if type(value) is int and _is_number(annotation) else value


def _fields(cls: Any, value: Any) -> dict[str, Any]:
    """The fields of a dataclass; an entry's class is written into the same mapping."""
    entry = kind_field(cls)
    plain = {name: _plain(hint, getattr(value, name)) for name, hint in hints(cls).items()}
    return plain if entry is None else plain.pop(entry) | plain


def _items(base: Any, length: int) -> list[Any]:
    """The annotation of each entry of a tuple."""
    arguments = get_args(base) if get_origin(base) is tuple else (Any, Ellipsis)
    return [arguments[0]] * length if arguments[-1] is Ellipsis else list(arguments)


def _is_number(annotation: Any) -> bool:
    """Whether a field takes a whole number as a float."""
    bases = [split(branch)[0] for branch in branches(annotation)]
    return float in bases and int not in bases
