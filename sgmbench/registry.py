"""Registry: names of problems, targets, methods and their parts, and of metrics -> classes, by entry points.

Built-in classes and those of a user's package enter by the same door, the entry-point groups `sgmbench.<group>`;
unpackaged code is named as `my_module:MyProblem`. Listing reads source files and imports none of them, so that it stays
fast and a broken package cannot stop it; a class is imported when it is asked for by name.

A user's own configuration may name unpackaged code, and importing runs it. The record of a run may be anybody's: while
one is read (`nothing_imported`) code is taken that has been imported before, and nothing else.
"""

import importlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from sgmbench.errors import UsageError
from sgmbench.sources import digest, locate, summary

__all__ = [
    "GROUPS",
    "builtin",
    "digest",
    "entries",
    "import_unpackaged",
    "is_registered",
    "kind_of",
    "load",
    "names",
    "nothing_imported",
    "suggestion",
    "unpackaged",
]

GROUPS = ("problems", "targets", "methods", "representations", "networks", "noises", "samplers", "metrics")

_may_import = ContextVar("may_import", default=True)


@cache
def entries(group: str) -> tuple[EntryPoint, ...]:
    """The registered entry points of a group, by name; one that two installations repeat counts once."""
    found = {(entry.name, entry.value): entry for entry in entry_points(group=f"sgmbench.{group}")}
    return tuple(found[key] for key in sorted(found))


def names(group: str) -> dict[str, str]:
    """Each name of a group with the first docstring line of its class, or what is wrong with it; imports nothing."""
    return {entry.name: _summary(entry) for entry in entries(group)}


def is_registered(group: str, kind: str) -> bool:
    """Whether a group has a class of this name."""
    return any(entry.name == kind for entry in entries(group))


def builtin(group: str) -> list[str]:
    """The names of a group that sgmbench itself registers."""
    return [entry.name for entry in entries(group) if entry.module.startswith("sgmbench.")]


def load(group: str, kind: str) -> type:
    """The class that `kind` names.

    Args:
        group: one of `GROUPS`.
        kind: a registered name, or `my_module:MyClass` of a module in the working directory or the environment.

    Raises:
        UsageError: unknown, registered twice, broken, or not to be imported.
    """
    if ":" in kind:
        return _load_unregistered(kind)
    matches = [entry for entry in entries(group) if entry.name == kind]
    if not matches:
        known = [entry.name for entry in entries(group)]
        raise UsageError(f"no {group[:-1]} is named {kind!r}{suggestion(kind, known)}; {_choices(group)}")
    if len(matches) > 1:
        owners = " and ".join(_owner(entry) for entry in matches)
        raise UsageError(f"the {group[:-1]} {kind!r} is registered by {owners}; uninstall one of them")
    return _load_entry(group, matches[0])


def kind_of(group: str, cls: type) -> str:
    """The inverse of `load`: the registered name of a class, else `module:Class`."""
    value = f"{cls.__module__}:{cls.__qualname__}"
    return next((entry.name for entry in entries(group) if entry.value == value), value)


def unpackaged(plain: Any) -> dict[str, str]:
    """The unpackaged code that plain data name, as `my_module:MyClass`, each with the file that importing it runs."""
    if isinstance(plain, list):
        return {kind: file for item in plain for kind, file in unpackaged(item).items()}
    if not isinstance(plain, dict):
        return {}
    found = {kind: file for item in plain.values() for kind, file in unpackaged(item).items()}
    kind = plain.get("kind")
    return {kind: _file(kind)} | found if isinstance(kind, str) and ":" in kind else found


def import_unpackaged(plain: Any) -> None:
    """Imports the unpackaged code that plain data name, because the user has said that it is to be trusted.

    Raises:
        UsageError: some of it cannot be loaded.
    """
    for kind in unpackaged(plain):
        _load_unregistered(kind)


@contextmanager
def nothing_imported() -> Iterator[None]:
    """While the record of a run is read: unpackaged code that is not imported yet is refused."""
    token = _may_import.set(False)
    try:
        yield
    finally:
        _may_import.reset(token)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The words " (did you mean x?)" for the known name nearest to a mistyped one, else no words."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def _choices(group: str) -> str:
    registered = ", ".join(entry.name for entry in entries(group)) or "none: is sgmbench installed with pip?"
    return f"registered {group}: {registered}; code of your own is named my_module:MyClass"


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value


def _summary(entry: EntryPoint) -> str:
    try:
        line = summary(entry.module, entry.attr)
    except (SyntaxError, ValueError) as error:
        return f"(broken: {entry.module} of {_owner(entry)} is not Python: {error})"
    return f"(broken: {_owner(entry)} has no {entry.value})" if line is None else line


def _load_entry(group: str, entry: EntryPoint) -> type:
    try:
        found = entry.load()
    except Exception as error:  # whatever a stranger's module raises while it is imported
        raise UsageError(
            f"the {group[:-1]} {entry.name!r}, registered by {_owner(entry)} as {entry.value}, cannot be loaded: "
            f"{type(error).__name__}: {error}; mend or reinstall {_owner(entry)}"
        ) from error
    return _as_class(found, entry.value)


def _load_unregistered(kind: str) -> type:
    module_name, _, class_name = kind.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), class_name]):
        raise UsageError(f"{kind!r} is no class; write it as my_module:MyClass")
    if not _may_import.get() and module_name not in sys.modules:
        raise UsageError(
            f"{kind!r} is code that the record of a run names, which may be anybody's: it is not imported; where you "
            f"know it, write --trust, or in Python import {module_name} before"
        )
    module = _import_here(module_name)
    if not hasattr(module, class_name):
        classes = [name for name, value in vars(module).items() if isinstance(value, type)]
        raise UsageError(f"{module_name} has no class {class_name!r}{suggestion(class_name, classes)}")
    return _as_class(getattr(module, class_name), kind)


def _file(kind: str) -> str:
    """Where the module of a kind is, "" where there is none."""
    module = kind.partition(":")[0]
    if not all(part.isidentifier() for part in module.split(".")):
        return ""
    with _working_directory_importable():
        return str(locate(module) or "")


def _import_here(name: str):
    try:
        with _working_directory_importable():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise UsageError(f"importing {name} failed: {error}") from error
        raise UsageError(
            f"no module {name!r} in {Path.cwd()} or the Python environment; run from the folder that has it"
        ) from error
    except Exception as error:  # whatever the user's module raises while it is imported
        raise UsageError(f"importing {name} failed: {type(error).__name__}: {error}") from error


@contextmanager
def _working_directory_importable() -> Iterator[None]:
    path = str(Path.cwd())
    sys.path.insert(0, path)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(path)


def _as_class(found: object, value: str) -> type:
    if not isinstance(found, type):
        raise UsageError(f"{value} is not a class")
    return found
