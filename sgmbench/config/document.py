"""Document: strict YAML as plain data, with the place of every value.

The strictness is that of YAML 1.2 and a little more: 1e-3 is a number, `no` and `on` are text, only `true` and `false`
are truth values, equal keys are an error, and what can make one text mean another (anchors, aliases, merge keys, tags)
is refused. `write` is the inverse of `read`.
"""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

import yaml

from sgmbench.config.faults import Fault, Path, Place

LARGEST = 1_000_000  # bytes
DEEPEST = 20  # levels of nesting

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": (r"~|null|", ["~", "n", ""]),
    "bool": (r"true|false", ["t", "f"]),
    "int": (r"[-+]?[0-9]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
        list("-+.0123456789"),
    ),
}


@dataclass
class Document:
    """Plain data with the place of each value and key, and what was wrong that reading could go past."""

    value: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class DocumentError(Exception):
    """Text that is not YAML, or not the part of it that is read here."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def read(text: str) -> Document:
    """Reads one YAML document.

    Raises:
        DocumentError: reading could not go on.
    """
    if len(text.encode()) > LARGEST:
        raise _error(f"more than {LARGEST:,} bytes; a configuration is a few kilobytes of text", (1, 1))
    document = Document()
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _error(_reworded(error), _place(error.problem_mark)) from None
    except yaml.reader.ReaderError as error:
        text_before = text[: error.position]
        place = (text_before.count("\n") + 1, len(text_before.rpartition("\n")[2]) + 1)
        raise _error(f"the character U+{ord(text[error.position]):04X} is not allowed; remove it", place) from None
    document.value = _plain(node, (), document) if node else None
    return document


def write(value: Any) -> str:
    """Plain data as YAML text that `read` reads back to equal data."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Loader(yaml.SafeLoader):
    """Composes nodes by the scalars above; refuses what is not plain data."""

    yaml_implicit_resolvers: ClassVar = {}
    depth = 0

    def compose_node(self, parent, index):
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refusal(event, "anchors (&) and aliases (*) are not supported; write the value out")
        if event.tag is not None:
            raise _refusal(event, f"tags ({event.tag}) are not supported; write the plain value")
        if self.depth >= DEEPEST:
            raise _refusal(event, f"more than {DEEPEST} levels of nesting; a configuration needs fewer")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Dumper(yaml.SafeDumper):
    """Quotes by the scalars above, and repeats shared data instead of aliasing it."""

    yaml_implicit_resolvers: ClassVar = {}

    def ignore_aliases(self, data):
        return True

    def represent_str(self, data):
        """Quotes a merge key, and with escapes what other styles would fold or lose."""
        is_plain = data.isprintable() and data != "<<"
        return self.represent_scalar(_TAG + "str", data, style=None if is_plain else '"')


_Dumper.add_representer(str, _Dumper.represent_str)


for _name, (_pattern, _first) in _SCALARS.items():
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


def _plain(node: yaml.Node, path: Path, document: Document) -> Any:
    """A node as plain data, its places noted."""
    document.values[path] = _place(node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), document) for i, item in enumerate(node.value)]
    return _scalar(node, path, document)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, place = key_node.value, _place(key_node.start_mark)
        text = _wrong_key(key_node) or _duplicate(key, result, (*path, key), document)
        if text:
            document.faults.append(Fault((*path, key) if isinstance(key, str) else path, text, place=place))
            continue
        document.keys[(*path, key)] = place
        result[key] = _plain(value_node, (*path, key), document)
    return result


def _wrong_key(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.ScalarNode):
        return "a list or a mapping cannot be a key; write a name"
    if node.value == "<<" and node.style is None:
        return "merge keys (<<) are not supported; write the keys out"
    if node.tag != _TAG + "str":
        return "this key is not text; write a name, or put it in quotes"
    return None


def _duplicate(key: str, known: dict[str, Any], path: Path, document: Document) -> str | None:
    if key not in known:
        return None
    return f"this key is already on line {document.keys[path][0]}; keep one of them"


def _scalar(node: yaml.Node, path: Path, document: Document) -> Any:
    convert = {"null": lambda _: None, "bool": lambda text: text == "true", "int": int, "float": _float}
    try:
        return convert.get(node.tag.removeprefix(_TAG), str)(node.value)
    except ValueError:  # Python converts no integer of more than 4,300 digits
        document.faults.append(Fault(path, f"a number of {len(node.value)} digits is too long; write fewer"))
        return 0


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _place(mark: yaml.Mark | None) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _refusal(event: yaml.Event, text: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=event.start_mark)


def _error(text: str, place: Place) -> DocumentError:
    return DocumentError(Fault((), text, place=place))


def _reworded(error: yaml.MarkedYAMLError) -> str:
    """What PyYAML says, with what to do about it; refusals above already say it."""
    problem = error.problem or error.context or "unreadable"
    if type(error) is yaml.MarkedYAMLError:
        return problem
    if "another document" in problem:
        return "a second document (---) begins; keep one document a file"
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    remedies = {
        "mapping values are not allowed here": "quote text that has a colon in it, or begin a new line",
        "could not find expected ':'": "write `key: value`, or indent this line under the key it belongs to",
        "expected ',' or ']'": "close the list with ]",
        "expected ',' or '}'": "close the mapping with }",
    }
    remedy = next(
        (remedies[words] for words in remedies if words in problem), "look at indentation, quotes and brackets"
    )
    return f"not valid YAML: {problem}; {remedy}"
