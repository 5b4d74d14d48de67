"""Schema: a frozen dataclass is its own schema; this builds it from plain data.

Pydantic alone would swallow unknown keys and turn "7" into 7. Here every mapping admits the dataclass's fields and no
other key, numbers are not text, whole numbers serve as floats and lists as tuples. A field marked `Kind(group)` holds a
registered name, or a mapping of `kind` and that class's own fields; an entry (a label and such a class) is written as
one flat mapping of both.
"""

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache, partial
from types import NoneType
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin

from pydantic import (
    AllowInfNan,
    ConfigDict,
    PlainValidator,
    Strict,
    TypeAdapter,
    ValidationError,
    WrapValidator,
    with_config,
)
from typing_extensions import TypedDict  # pydantic, whose dependency it is, cannot read typing's before Python 3.12

from sgmbench import registry
from sgmbench.config.annotations import any_of, branches, expected, group_of, hints, kind_field, required, shown, split
from sgmbench.config.declared import check_declared
from sgmbench.config.faults import Fault
from sgmbench.config.messages import faults_of, misfit, refuse, reworded
from sgmbench.errors import UsageError
from sgmbench.raised import is_ours, is_users, told


def validate(annotation: Any, value: Any) -> tuple[Any, list[Fault]]:
    """The object that plain data describe, or None and everything that is wrong with them."""
    try:
        return _adapter(annotation).validate_python(value), []
    except ValidationError as error:
        return None, faults_of(error)


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(_validated(annotation))


def _validated(annotation: Any) -> Any:
    """The pydantic type that checks an annotation and builds its value."""
    base, metadata = split(annotation)
    origin, arguments = get_origin(base), get_args(base)
    if group := group_of(annotation):
        return _by(partial(_choose, group, base))
    if isinstance(base, type) and is_dataclass(base):
        return _by(partial(_entry if kind_field(base) else _construct, base))
    if origin is Literal:
        return _by(partial(_literal, annotation))
    if len(branches(annotation)) > 1:
        return _by(partial(_first_match, annotation, tuple(map(_adapter, branches(annotation)))))
    if origin is tuple:
        inner = tuple[*(item if item is Ellipsis else _validated(item) for item in arguments)]
        wrap = partial(_one_or_many, arguments[0], reworded(annotation))
        return Annotated[inner, *metadata, WrapValidator(wrap)]
    if origin is dict:
        return Annotated[dict[arguments[0], _validated(arguments[1])], *metadata, WrapValidator(reworded(annotation))]
    if base not in (int, float, bool, str, NoneType):
        raise TypeError(f"{getattr(base, '__name__', base)}; use int, float, bool, str, Literal, tuple, dict or Kind")
    strict = () if base is NoneType else (Strict(), AllowInfNan(False)) if base is float else (Strict(),)
    return Annotated[base, *strict, *metadata, WrapValidator(reworded(annotation))]


def _by(function: Callable[[Any], Any]) -> Any:
    return Annotated[Any, PlainValidator(function)]


def _literal(annotation: Any, value: Any) -> Any:
    choices = get_args(split(annotation)[0])
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    if isinstance(value, str) and all(isinstance(choice, str) for choice in choices):
        near = registry.suggestion(value, choices)
        refuse(Fault((), f"{shown(value)} is unknown{near}; write {any_of(choices)}"), value=value)
    refuse(Fault((), misfit(value, expected(annotation))), value=value)


def _first_match(annotation: Any, adapters: tuple[TypeAdapter[Any], ...], value: Any) -> Any:
    """The first branch of a union that takes the value; where but one could have, what is wrong in that branch."""
    failures: list[ValidationError] = []
    for adapter in adapters:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            failures.append(error)
    nested = [error for error in failures if any(fault.path for fault in faults_of(error))]
    if len(nested) == 1:
        raise nested[0]
    refuse(Fault((), misfit(value, expected(annotation), "union")), value=value)


def _one_or_many(item: Any, wrap: Callable[..., Any], value: Any, handler: Callable[[Any], Any]) -> Any:
    """A list, or where mappings are listed, the only one without the dash."""
    if isinstance(value, dict) and is_dataclass(split(item)[0]):
        return (_adapter(item).validate_python(value),)
    return wrap(value, handler)


def _construct(cls: type, value: Any) -> Any:
    """A nested dataclass."""
    if not isinstance(value, dict):
        refuse(Fault((), misfit(value, expected(cls))), value=value)
    return _build(cls, _fields((cls,), value), value)


def _choose(group: str, base: Any, value: Any) -> Any:
    """A class by its `kind`, built from the other keys."""
    kind, rest = _kind(group, value)
    cls = _resolved(group, base, kind, value)
    return _build(cls, _fields((cls,), rest), value)


def _entry(cls: type, value: Any) -> Any:
    """An entry: one flat mapping of its own fields, such as the label, and those of the class it names."""
    name = str(kind_field(cls))
    base, group = split(hints(cls)[name])[0], str(group_of(hints(cls)[name]))
    kind, rest = _kind(group, value)
    chosen = _resolved(group, base, kind, value)
    fields = _fields((cls, chosen), rest)
    own = {key: fields.pop(key) for key in hints(cls) if key in fields and key != name}
    own.setdefault("label", kind.rpartition(":")[2])
    return _build(cls, own | {name: _build(chosen, fields, value)}, value)


def _kind(group: str, value: Any) -> tuple[str, dict[str, Any]]:
    """The `kind` of a mapping and its other keys; a bare name is a mapping of nothing else."""
    remedy = f"the name of a {group[:-1]} ({any_of(entry.name for entry in registry.entries(group))})"
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, dict):
        refuse(Fault((), misfit(value, f"{remedy}, or a mapping with `kind`")), value=value)
    if "kind" not in value:
        refuse(Fault(("kind",), f"missing; write {remedy}"), value=value)
    if not isinstance(value["kind"], str):
        refuse(Fault(("kind",), misfit(value["kind"], remedy)), value=value)
    return value["kind"], {key: item for key, item in value.items() if key != "kind"}


def _resolved(group: str, base: Any, kind: str, value: Any) -> type:
    path = ("kind",) if isinstance(value, dict) else ()
    try:
        cls = registry.load(group, kind)
    except UsageError as error:
        refuse(Fault(path, str(error)), value=value)
    if not issubclass(cls, base):
        names = any_of(branch.__name__ for branch in branches(base))
        refuse(Fault(path, f"{kind!r} is not a {group[:-1]}; derive {cls.__name__} from {names}"), value=value)
    if missing := sorted(getattr(cls, "__abstractmethods__", ())):
        refuse(Fault(path, f"{kind!r} is unfinished; define {any_of(missing, 'and')} in {cls.__name__}"), value=value)
    if not is_dataclass(cls):
        refuse(Fault(path, f"{kind!r} is not a dataclass; put @dataclass(frozen=True) on {cls.__name__}"), value=value)
    return cls


def _fields(classes: tuple[type, ...], value: dict[str, Any]) -> dict[str, Any]:
    """The given fields of these dataclasses, checked."""
    try:
        shape = _shape(*classes)
    except (NameError, TypeError, RuntimeError) as error:  # the last where a bound does not suit its type
        text = f"a field of {classes[-1].__name__} has a type that no configuration can hold: {error}"
        refuse(Fault((), text), value=value)
    try:
        return shape.validate_python(value)
    except ValidationError as error:
        faults = [_key_fault(detail, classes) for detail in error.errors(include_url=False)]
        refuse(*faults, value=value)


@cache
def _shape(*classes: type) -> TypeAdapter[dict[str, Any]]:
    """One mapping of the fields of these dataclasses and no other key; the first one's where names are equal."""
    fields: dict[str, Any] = {}
    for cls in reversed(classes):
        is_required = required(cls) - {"label"} if len(classes) > 1 else required(cls)
        for name, hint in _own_hints(cls, classes).items():
            fields[name] = _validated(hint) if name in is_required else NotRequired[_validated(hint)]
    mapping: Any = TypedDict("mapping", fields)  # pyright: ignore[reportArgumentType]
    return TypeAdapter(with_config(ConfigDict(extra="forbid"))(mapping))


def _own_hints(cls: type, classes: tuple[type, ...]) -> dict[str, Any]:
    """The fields of one of these dataclasses that are keys: all but the class that an entry names."""
    hidden = kind_field(cls) if len(classes) > 1 and cls is classes[0] else None
    return {name: hint for name, hint in hints(cls).items() if name != hidden}


def _key_fault(detail: Any, classes: tuple[type, ...]) -> Fault:
    """Pydantic's finding about a mapping's keys in our words; findings about values are in our words already."""
    path = tuple(detail["loc"])
    known = {name: hint for cls in classes for name, hint in _own_hints(cls, classes).items()}
    if detail["type"] == "extra_forbidden":
        choices = f"write one of {', '.join(known)}" if known else "nothing can be set here; remove it"
        return Fault(path, f"unknown key{registry.suggestion(str(path[0]), known)}; {choices}", is_key=True)
    if detail["type"] == "missing":
        return Fault(path, f"missing; write {expected(known[str(path[0])])}")
    return Fault(path, detail["msg"], is_key=detail["type"] == "key")


def _build(cls: type, fields: dict[str, Any], value: Any) -> Any:
    """The object; what its own `__post_init__` refuses, or it says wrongly of itself, is the whole mapping's fault."""
    try:
        made = cls(**fields)
        if not is_ours(cls):
            check_declared(made)
        return made
    except (ValueError, UsageError) as error:
        refuse(Fault((), str(error) or told(error)), value=value)
    except Exception as error:  # whatever the user's code raises
        if is_ours(cls) and not is_users(error):
            raise
        refuse(Fault((), f"{cls.__name__} cannot be made: {told(error)}"), value=value)
