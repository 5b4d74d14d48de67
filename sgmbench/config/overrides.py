"""Overrides: `--set a.b=value`, applied to the plain document before it is checked.

The path goes down by keys and by positions; an entry of a list may also be named by its label, which is its kind where
none is written, or else by its kind, as in `methods.diffusion.steps=5`. The value is YAML, as strict as the file's. A
key that does not exist yet is written, for a document may leave out what has a default, and with the default's kind
where a part of it is set; the check of the whole then says whether it is known.
"""

from collections.abc import Sequence
from typing import Any

from sgmbench import registry
from sgmbench.config.defaults import default_kind
from sgmbench.config.document import DEEPEST, DocumentError, read
from sgmbench.config.faults import ConfigError, Path
from sgmbench.core.experiment import Experiment


def apply(
    document: dict[str, Any], overrides: Sequence[str], annotation: Any = Experiment
) -> tuple[dict[Path, str], list[str]]:
    """Writes each override into the document.

    Args:
        document: plain data.
        overrides: as written, `a.b=value`.
        annotation: of what the document describes.

    Returns:
        the override that wrote each path, and a line for each one that could not be applied.
    """
    written: dict[Path, str] = {}
    errors: list[str] = []
    for override in overrides:
        try:
            written[_write(document, override, annotation)] = override
        except (ConfigError, DocumentError) as error:
            errors.append(f"--set {override}: {error}")
    return written, errors


def _write(document: dict[str, Any], override: str, annotation: Any) -> Path:
    name, equals, text = override.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError("not of the form a.b=value; write for example replicates=1 or methods.0.steps=5")
    if len(keys) > DEEPEST:
        raise ConfigError(f"more than {DEEPEST} levels of nesting; a configuration needs fewer")
    value = _value(text)
    path: Path = ()
    parent: Any = document
    for i, key in enumerate(keys):
        where = _find(parent, key, ".".join(keys[:i]))
        path = (*path, where)
        if i == len(keys) - 1:
            parent[where] = value
        else:
            kind = default_kind(annotation, document, path)
            parent = _opened(parent, where, ".".join(keys[: i + 1]), {"kind": kind} if kind else {})
    return path


def _value(text: str) -> Any:
    document = read(text)
    if document.faults:
        raise ConfigError(document.faults[0].text)
    if not text.strip():
        raise ConfigError("no value after =; write one, or null")
    return document.value


def _opened(parent: Any, where: str | int, name: str, default: dict[str, Any]) -> Any:
    """The mapping or list at a key: the default where there is none, a bare kind opened to a mapping."""
    child = parent.get(where) if isinstance(parent, dict) else parent[where]
    if child is None:
        child = parent[where] = default
    elif isinstance(child, str):
        child = parent[where] = {"kind": child}
    elif not isinstance(child, dict | list):
        raise ConfigError(f"{name} is a single value and has no parts; write {name}=value")
    return child


def _find(parent: Any, key: str, name: str) -> str | int:
    """The key of a mapping, or the position in a list of what `key` counts or names."""
    if isinstance(parent, dict):
        return key
    if key.isdecimal():
        if int(key) < len(parent):
            return int(key)
        raise ConfigError(f"{name} has {len(parent)} entries, counted from 0; write 0 to {len(parent) - 1}")
    return _named(parent, key, name)


def _named(entries: list[Any], key: str, name: str) -> int:
    kinds = [_of(entry, "kind") for entry in entries]
    labels = [_of(entry, "label") or kind for entry, kind in zip(entries, kinds, strict=True)]
    for known in (labels, kinds):
        if known.count(key) == 1:
            return known.index(key)
        if key in known:
            raise ConfigError(f"{name} has several entries {key!r}; write the position, counted from 0")
    choices = sorted({item for item in (*labels, *kinds) if item})
    there = f"write one of {', '.join(choices)}" if choices else "write the position, counted from 0"
    raise ConfigError(f"{name} has no entry {key!r}{registry.suggestion(key, choices)}; {there}")


def _of(entry: Any, key: str) -> str | None:
    """A label or kind; that of a bare name is the name."""
    found = entry.get(key) if isinstance(entry, dict) else entry if key == "kind" else None
    return found if isinstance(found, str) else None
