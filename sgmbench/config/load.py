"""Load: a YAML file -> an Experiment, or every error at once.

The way of a document: text -> plain data with places -> defaults that depend on what is installed -> overrides ->
dataclasses -> checks between them. Only text that is not YAML stops early; everything else is reported together. A file
with `problems` is a series of experiments, which `series.py` reads.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from sgmbench import registry
from sgmbench.config import checks
from sgmbench.config.annotations import expected, hints, required
from sgmbench.config.document import LARGEST, Document, DocumentError, read
from sgmbench.config.faults import ConfigError, Fault, Origins
from sgmbench.config.messages import misfit
from sgmbench.config.overrides import apply
from sgmbench.config.parts import valid_parts
from sgmbench.config.schema import validate
from sgmbench.core.experiment import Experiment, Kind


@dataclass(frozen=True)
class Loaded:
    """A valid configuration.

    Attributes:
        experiment: what it describes.
        warnings: one line each, of what is allowed and still odd.
        document: the plain data after defaults and overrides, as written; `dump(experiment)` has every value.
    """

    experiment: Experiment
    warnings: tuple[str, ...]
    document: dict[str, Any] = field(repr=False)


def load(path: str | Path, overrides: Sequence[str] = ()) -> Loaded:
    """The experiment in a file, with `a.b=value` overrides applied.

    Raises:
        ConfigError: everything that is wrong with it.
    """
    file, document = str(path), open_document(Path(path))
    if has_problems(document):
        text = "a series, which only sgmbench run takes; write `problem` for a single experiment"
        origins = Origins(file, document.values, document.keys, {})
        raise ConfigError(origins.line(Fault(("problems",), text, is_key=True)))
    return _checked(document, file, overrides)


def open_document(path: Path) -> Document:
    """The plain data in a file, with their places.

    Raises:
        ConfigError: there is no such file, it is empty, or it is not YAML.
    """
    try:
        document = _read(_text(path))
    except DocumentError as error:
        raise ConfigError(Origins(str(path), {}, {}, {}).line(error.fault)) from None
    if document.value is None:
        raise ConfigError(f"{path}:1:1: the file is empty; write at least {', '.join(_required())}")
    return document


@lru_cache(maxsize=1)
def _read(text: str) -> Document:
    """Read once, though a command asks first whether it is a series, and then loads it; nothing changes a document."""
    return read(text)


def has_problems(document: Document) -> bool:
    """Whether it describes a series of experiments."""
    return isinstance(document.value, dict) and "problems" in document.value


def build_experiment(plain: dict[str, Any], source: str) -> Loaded:
    """The experiment in the record of a run, plain data as `dump` gives them; errors name `source`, its file.

    The record may be anybody's: unpackaged code that it names is taken if it is imported already, else refused.

    Raises:
        ConfigError: everything that is wrong with it.
    """
    with registry.nothing_imported():
        return _checked(Document(plain), source, ())


def build(group: str, plain: str | dict[str, Any], overrides: Sequence[str] = ()) -> Any:
    """One problem, method or other member of a registry group from plain data as `dump` gives them.

    Raises:
        ConfigError: everything that is wrong with it.
    """
    document = deepcopy(plain) if isinstance(plain, dict) else {"kind": plain}
    annotation = Annotated[object, Kind(group)]
    written, errors = apply(document, overrides, annotation)
    part, faults = validate(annotation, document if isinstance(plain, dict) or written else plain)
    if faults or errors:
        origins = Origins(group[:-1], {}, {}, written)
        raise ConfigError(*map(origins.line, faults), *errors)
    return part


def _required() -> list[str]:
    return [name for name in hints(Experiment) if name in required(Experiment)]


def _checked(document: Document, file: str, overrides: Sequence[str]) -> Loaded:
    """Overrides, defaults, fields and the checks between them."""
    plain = deepcopy(document.value)
    if not isinstance(plain, dict):
        raise ConfigError(f"{file}:1:1: {misfit(plain, expected(Experiment))}")
    plain.setdefault("metrics", default_metrics())
    written, errors = apply(plain, overrides)
    origins = Origins(file, document.values, document.keys, written)
    experiment, faults = validate(Experiment, plain)
    parts = valid_parts(plain)
    found = sorted(dict.fromkeys([*document.faults, *faults, *checks.faults(parts)]), key=origins.order)
    if found or errors:
        raise ConfigError(*map(origins.line, found), *errors)
    warnings = tuple(map(origins.line, sorted(checks.warnings(parts), key=origins.order)))
    return Loaded(experiment, warnings, plain)


def default_metrics() -> list[Any]:
    """The metrics of sgmbench that are so by default, and energy in its second norm: the norm decides winners."""
    names = [name for name in registry.builtin("metrics") if registry.load("metrics", name).by_default]
    standardized = {"kind": "energy", "label": "energy_standardized", "norm": "standardized"}
    return [item for name in names for item in ([name, standardized] if name == "energy" else [name])]


def _text(path: Path) -> str:
    """The text of a file, whatever may be wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file{_neighbors(path)}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; write the path of a .yaml file in it") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text; save the file in UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _neighbors(path: Path) -> str:
    """What there is instead of a missing file."""
    folder = path.parent
    if not folder.is_dir():
        return f"; the folder {folder} does not exist either"
    names = sorted(item.name for item in folder.iterdir() if item.suffix in (".yaml", ".yml"))
    near = registry.suggestion(path.name, names)
    return near or (f"; {folder} has {', '.join(names[:10])}" if names else f"; {folder} has no .yaml file")
