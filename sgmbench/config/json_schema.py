"""JSON Schema: what a configuration may hold, for editors, of the same annotations that check it.

    dataclass          an object of its fields and no other key; what they mean is from the docstring's "Attributes:"
    Kind(group)        the name of a member, or an object with `kind` and that member's own fields: one of all members
    an entry           one flat object of its label, its own fields and those of the class that it names
    tuple[X, ...]      an array, or where mappings are listed the only one without the dash
    Annotated bounds   minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf, minItems, maxItems

A schema knows fields one by one. What several say together, such as a condition that names the problem's parameters, is
for `sgmbench validate`: a document that this refuses is wrong, one that it takes may be. Of single values it takes
three that the loader does not, which no schema can tell apart: 5.0 for a whole number, .nan, and .inf.

Source: JSON Schema, draft 2020-12 (https://json-schema.org/draft/2020-12).
"""

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import annotated_types as at

from sgmbench import registry
from sgmbench.config.annotations import branches, group_of, hints, kind_field, required, split
from sgmbench.config.series import OWN, ProblemEntry
from sgmbench.core.experiment import Experiment
from sgmbench.errors import UsageError

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# An identifier by the ASCII characters that it cannot have, since \w is another set in each dialect of patterns.
IDENTIFIER = r"[^\s!-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*"
OWN_CODE = rf"^{IDENTIFIER}(\.{IDENTIFIER})*:{IDENTIFIER}$"
SCALARS = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}


def json_schema() -> Schema:
    """The schema of a configuration: an experiment, or a series with `problems` in place of `problem`."""
    made = _Definitions()
    experiment = made.dataclass(Experiment)
    series = _series(experiment, made.reference("ProblemEntry", lambda: made.entry(ProblemEntry)))
    return {
        "$schema": DRAFT,
        "title": "sgmbench configuration",
        "oneOf": [experiment, series],
        "$defs": dict(sorted(made.schemas.items())),
    }


def _series(experiment: Schema, entry: Schema) -> Schema:
    """An experiment whose problems are a list; what each of them may give need not be given for all."""
    shared = {name: schema for name, schema in experiment["properties"].items() if name != "problem"}
    problems = {"type": "array", "minItems": 1, "items": entry, "description": "The problems, each an experiment."}
    needed = [name for name in experiment["required"] if name not in ("problem", *OWN)]
    return experiment | {
        "description": "A series: the same methods on several problems.",
        "properties": {"problems": problems, **shared},
        "required": [*needed, "problems"],
    }


class _Definitions:
    """Schemas by name, each made once."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def reference(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to a definition, which is made where there is none yet."""
        if name not in self.schemas:
            self.schemas[name] = {}  # so that one that holds itself ends
            self.schemas[name] = make()
        return {"$ref": f"#/$defs/{name}"}

    def of(self, annotation: Any) -> Schema:
        """The schema of a value by its annotation."""
        base, metadata = split(annotation)
        if group := group_of(annotation):
            return self.reference(group, lambda: self.members(group, {}, []))
        if isinstance(base, type) and dataclasses.is_dataclass(base):
            entry = kind_field(base)
            return self.reference(base.__name__, lambda: self.entry(base) if entry else self.dataclass(base))
        if get_origin(base) is Literal:
            return {"enum": list(get_args(base))}
        if len(branches(annotation)) > 1:
            return {"anyOf": [self.of(branch) for branch in branches(annotation)]}
        if get_origin(base) is tuple:
            return self.array(get_args(base), metadata)
        if get_origin(base) is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(base)[1])}
        return ({"type": SCALARS[base]} if base in SCALARS else {}) | _bounds(metadata)

    def array(self, arguments: tuple[Any, ...], metadata: tuple[Any, ...]) -> Schema:
        """Of a tuple: as long as one likes within bounds, or of fixed length."""
        if arguments[-1] is not Ellipsis:
            length = {"minItems": len(arguments), "maxItems": len(arguments)}
            return {"type": "array", "prefixItems": [self.of(each) for each in arguments], **length}
        item = self.of(arguments[0])
        listed = {"type": "array", "items": item, **_bounds(metadata)}
        is_mapping = dataclasses.is_dataclass(split(arguments[0])[0])
        return {"anyOf": [listed, {"type": "object"} | item]} if is_mapping else listed

    def dataclass(self, cls: type) -> Schema:
        """An object of the fields of one dataclass."""
        return _object(cls, self.fields(cls), sorted(required(cls), key=list(hints(cls)).index))

    def fields(self, cls: type, hidden: str | None = None) -> dict[str, Schema]:
        """The schema of each field, with what the docstring says of it and a default that is a single value."""
        said = _told_of_fields(cls)
        found = {}
        for name, hint in hints(cls).items():
            if name != hidden:
                words = {"description": said[name]} if name in said else {}
                found[name] = self.of(hint) | words | _default(cls, name)
        return found

    def entry(self, cls: type) -> Schema:
        """A label and a class, written as one mapping."""
        name = str(kind_field(cls))
        own = self.fields(cls, hidden=name)
        needed = sorted(required(cls) - {"label", name})
        return self.members(str(group_of(hints(cls)[name])), own, needed)

    def members(self, group: str, own: dict[str, Schema], needed: list[str]) -> Schema:
        """A member of a registry group: by name, with settings beside those of an entry, or code of one's own."""
        classes = {entry.name: _loaded(group, entry.name) for entry in registry.entries(group)}
        bare = [name for name, cls in classes.items() if cls and not required(cls)] if not needed else []
        code = {"type": "string", "pattern": OWN_CODE}
        described = {"type": "object", "properties": {"kind": code, **own}, "required": ["kind", *needed]}
        choices = [{"enum": bare}, code, described]
        for name, cls in classes.items():
            if cls:
                fields = {"kind": {"const": name}, **self.fields(cls), **own}
                choices.append(_object(cls, fields, ["kind", *sorted(required(cls)), *needed]))
        return {"oneOf": choices}


def _loaded(group: str, name: str) -> type | None:
    """A member's class; None where it is broken, or needs a package that is not there."""
    try:
        cls = registry.load(group, name)
    except UsageError:
        return None
    return cls if dataclasses.is_dataclass(cls) else None


def _object(cls: type, properties: dict[str, Schema], needed: list[str]) -> Schema:
    description = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"description": description} | shape | ({"required": needed} if needed else {})


def _told_of_fields(cls: type) -> dict[str, str]:
    """What a docstring says of each field, below "Attributes:"."""
    _, _, listed = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")
    body = re.split(r"\n(?=\S)", listed)[0]
    pairs = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", body, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in pairs}


def _default(cls: Any, name: str) -> Schema:
    default = next(field.default for field in dataclasses.fields(cls) if field.name == name)
    return {"default": default} if isinstance(default, int | float | str) or default is None else {}


def _bounds(metadata: tuple[Any, ...]) -> Schema:
    found: Schema = {}
    for each in metadata:
        for bound in each if isinstance(each, at.GroupedMetadata) else (each,):
            match bound:
                case at.Ge(ge=low):
                    found["minimum"] = low
                case at.Gt(gt=low):
                    found["exclusiveMinimum"] = low
                case at.Le(le=high):
                    found["maximum"] = high
                case at.Lt(lt=high):
                    found["exclusiveMaximum"] = high
                case at.MultipleOf(multiple_of=step):
                    found["multipleOf"] = step
                case at.MinLen(min_length=low) if low:
                    found["minItems"] = low
                case at.MaxLen(max_length=high):
                    found["maxItems"] = high
    return found
