"""Series: a YAML file with `problems` in the place of `problem` -> an experiment for each of them.

    name: shootout
    problems:
      - borehole                                                # a name, with all that is shared
      - {kind: burgers, level: 1, label: coarse, budgets: [50]} # settings, a label, and what is this problem's own
    targets: [marginal]
    ...                                                         # everything else is shared

An entry is written flat, as methods are; what may be its own is in `ProblemEntry`. Its experiment is named NAME_LABEL
and is in no other way different from one in a file of its own, so that its runs are found, asked and compared as ever.

A series sets all methods against each other on all problems, so one that cannot work on a problem, or cannot sample a
target of it, is left out there, and the reason is kept. All else that is wrong is an error at its place in the file. A
fault of what is shared is told once; where it is one on some problems only, with their labels.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Len

from sgmbench.config import checks
from sgmbench.config.annotations import any_of, hints, shown
from sgmbench.config.faults import ConfigError, Fault, Origins
from sgmbench.config.load import default_metrics, has_problems, open_document
from sgmbench.config.messages import misfit
from sgmbench.config.overrides import apply
from sgmbench.config.parts import entries_of, valid_parts
from sgmbench.config.schema import validate
from sgmbench.core.experiment import Ask, Experiment, Kind, ReferencePlan
from sgmbench.core.problem import Problem
from sgmbench.core.target import Target

OWN = ("targets", "budgets", "reference", "ask", "hide_germ")


@dataclass(frozen=True)
class ProblemEntry:
    """A problem under its label, by default its kind, and what of its experiment is its own where it is given."""

    label: str
    problem: Annotated[Problem, Kind("problems")]
    targets: Annotated[tuple[Annotated[Target, Kind("targets")], ...], Len(1)] = ()
    budgets: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1)] = ()
    reference: ReferencePlan = field(default_factory=ReferencePlan)
    ask: Annotated[tuple[Ask, ...], Len(1)] = (Ask(),)
    hide_germ: bool = False


@dataclass(frozen=True)
class LoadedEntry:
    """One experiment of a valid series.

    Attributes:
        label: of its problem.
        experiment: what is to be run, without the methods that are left out.
        left_out: why, by the label of each.
        warnings: one line each, of what is allowed and still odd.
    """

    label: str
    experiment: Experiment
    left_out: dict[str, str]
    warnings: tuple[str, ...]


def is_series(path: Path) -> bool:
    """Whether a file describes a series; what is wrong with one that cannot be read is for `load` to say."""
    try:
        return has_problems(open_document(path))
    except ConfigError:
        return False


def load_series(path: str | Path, overrides: Sequence[str] = ()) -> list[LoadedEntry]:
    """The experiments in a file, with `a.b=value` overrides applied to the whole.

    Raises:
        ConfigError: everything that is wrong with it.
    """
    document = open_document(Path(path))
    if not has_problems(document):
        raise ConfigError(f"{path}: a single experiment; write a list of `problems` in place of `problem`")
    plain = deepcopy(document.value)
    plain.setdefault("metrics", default_metrics())
    written, errors = apply(plain, overrides)
    origins = Origins(str(path), document.values, document.keys, written)
    drafts = [_draft(i, item, _shared(plain)) for i, item in enumerate(_items(plain))]
    found = [*document.faults, *_whole(plain), *_unused(plain), *_labels(plain, drafts), *_merged(drafts)]
    if found or errors:
        raise ConfigError(*map(origins.line, sorted(dict.fromkeys(found), key=origins.order)), *errors)
    return [_loaded(draft, origins) for draft in drafts]


@dataclass(frozen=True)
class _Draft:
    """An entry of the list and its experiment, as far as they are valid; faults and warnings at their places."""

    label: str
    experiment: Experiment | None
    faults: list[Fault]
    warnings: list[Fault]
    left_out: dict[str, str]


def _items(plain: dict[str, Any]) -> list[Any]:
    return plain["problems"] if isinstance(plain["problems"], list) else []


def _shared(plain: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key not in ("problem", "problems")}


def _draft(i: int, item: Any, shared: dict[str, Any]) -> _Draft:
    """Checks one entry by itself, then as the experiment that it makes of what is shared."""
    entry, faults = validate(ProblemEntry, item)
    faults = [replace(fault, path=("problems", i, *fault.path)) for fault in faults]
    own = {key: item[key] for key in OWN if key in item} if isinstance(item, dict) else {}
    problem = {k: v for k, v in item.items() if k not in (*OWN, "label")} if isinstance(item, dict) else item
    plain = shared | own | {"problem": problem}
    experiment, more = validate(Experiment, plain)
    parts = valid_parts(plain)
    misfits = checks.misfits(parts)
    more += [fault for fault in checks.faults(parts) if fault not in misfits]
    moved = [_moved(fault, i, own) for fault in more]
    if faults:  # told already, in the words of an entry
        moved = [fault for fault in moved if fault.path[:2] != ("problems", i)]
    label = entry.label if entry else _name_of(i, item)
    left_out = _reasons(misfits, parts)
    if experiment and len(left_out) == len(experiment.methods):
        reasons = "; ".join(f"{method}: {why}" for method, why in left_out.items())
        faults.append(Fault(("problems", i), f"no method is left for {label} ({reasons}); remove it, or add a method"))
    warnings = [_moved(fault, i, own) for fault in checks.warnings(parts)]
    return _Draft(label, experiment, faults + moved, warnings, left_out)


def _moved(fault: Fault, i: int, own: dict[str, Any]) -> Fault:
    """A fault of an entry's experiment where it is in the file."""
    if fault.path[:1] == ("problem",):
        return replace(fault, path=("problems", i, *fault.path[1:]))
    return replace(fault, path=("problems", i, *fault.path)) if fault.path and fault.path[0] in own else fault


def _name_of(i: int, item: Any) -> str:
    """What to call an entry that is not valid."""
    named = item if isinstance(item, dict) else {"kind": item}
    found = named.get("label") or named.get("kind")
    return found.rpartition(":")[2] if isinstance(found, str) else f"problems.{i}"


def _reasons(misfits: list[Fault], parts: dict[Any, Any]) -> dict[str, str]:
    """The first reason for each method; what a single experiment is told to do about it, a series has done."""
    methods, reasons = entries_of(parts, "methods"), {}
    for fault in misfits:
        reasons.setdefault(methods[fault.path[:2]].label, fault.text.partition("; remove ")[0])
    return reasons


def _whole(plain: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with the list itself, or stands beside it."""
    if "problem" in plain:
        yield Fault(("problem",), "stands beside `problems`; write it as one entry of them", is_key=True)
    if not _items(plain):
        remedy = "a list, each entry the name of a problem, or a mapping with `kind` and what belongs to it"
        yield Fault(
            ("problems",), misfit(plain["problems"], remedy, "too_short" if plain["problems"] == [] else "type")
        )


def _unused(plain: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with what every entry has its own of, so that no experiment has it."""
    for key in OWN:
        if key in plain and all(isinstance(item, dict) and key in item for item in _items(plain)):
            _, faults = validate(hints(Experiment)[key], plain[key])
            yield from (replace(fault, path=(key, *fault.path)) for fault in faults)


def _labels(plain: dict[str, Any], drafts: list[_Draft]) -> Iterator[Fault]:
    """Labels are told apart, and with the series' name they become folders."""
    name, seen = plain.get("name"), set()
    for i, draft in enumerate(drafts):
        if draft.label in seen:
            text = f"the label {draft.label!r} is used before; give this entry another `label`"
            yield Fault(("problems", i), text)
        seen.add(draft.label)
        full = f"{name}_{draft.label}"
        if isinstance(name, str) and checks.SAFE_NAME.fullmatch(name) and not checks.SAFE_NAME.fullmatch(full):
            yield Fault(("problems", i), f"{shown(full)} cannot name a folder; {checks.SAFE}")


def _merged(drafts: list[_Draft]) -> Iterator[Fault]:
    """The faults of all, each once; one of what is shared with the labels of those that have it, if not all do."""
    where: dict[Fault, list[str]] = {}
    for draft in drafts:
        for fault in dict.fromkeys(draft.faults):
            where.setdefault(fault, []).append(draft.label)
    for fault, labels in where.items():
        is_own = fault.path[:1] == ("problems",) or len(labels) == len(drafts)
        yield fault if is_own else replace(fault, text=f"{fault.text} (for {any_of(labels, 'and')})")


def _loaded(draft: _Draft, origins: Origins) -> LoadedEntry:
    """The experiment under its own name, with the methods that it can have."""
    experiment = draft.experiment
    assert experiment is not None  # it has no faults
    methods = tuple(entry for entry in experiment.methods if entry.label not in draft.left_out)
    named = replace(experiment, name=f"{experiment.name}_{draft.label}", methods=methods)
    warnings = tuple(map(origins.line, sorted(draft.warnings, key=origins.order)))
    return LoadedEntry(draft.label, named, draft.left_out, warnings)
