"""Table: z, y and their layout, read from a recording and checked.

    z    a variable [n] is a parameter, one [n, p] is p parameters name1 ... namep
    y    a variable [n, ...] is a field; its axes are dimensions with names and coordinates, or arrays named for them

A row is a run. One with NaN or infinity anywhere is a failed one: its whole y becomes NaN.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Bool, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.problems.recording.recording import Recording, Variable

RESERVED = ("condition", "sample")  # dimensions of what is written of samples
MOST_ROWS_NAMED = 5


@dataclass(frozen=True)
class Table:
    """Runs as rows; names and units of z, the layout of y."""

    parameters: tuple[tuple[str, str], ...]
    z: Float[np.ndarray, "n p"]
    y: Float[np.ndarray, "n d"]
    layout: Layout


@dataclass(frozen=True)
class Naming:
    """What the user names of a file beyond what it says itself; see `dataset.DataSet`."""

    z: tuple[str, ...] | None
    y: tuple[str, ...] | None
    axes: Mapping[str, tuple[str, ...]]
    units: Mapping[str, str]


def read_table(recording: Recording, naming: Naming, *, counts_failed: bool) -> Table:
    """Reads what is named.

    Args:
        recording: the file.
        naming: names of z, y, axes and units.
        counts_failed: whether rows with NaN are failed runs, and not an error.

    Raises:
        UsageError: something is missing, misshapen or not a finite number; says what to do.
    """
    z_names, y_names = _names(recording, naming)
    inputs = {name: _numbers(recording, name, "in z") for name in z_names}
    outputs = {name: _numbers(recording, name, "in y") for name in y_names}
    _check_rows(recording, {**inputs, **outputs})
    columns = _columns(recording, inputs)
    layout = Layout(tuple(_field(recording, naming, name, each) for name, each in outputs.items()))
    _check_known(recording, naming, columns, layout)
    n = len(next(iter(outputs.values())).values)
    z = np.stack([column for column, _ in columns.values()], axis=1) if columns else np.zeros((n, 0))
    y = np.concatenate([each.values.reshape(n, -1) for each in outputs.values()], axis=1)
    failed = _failed({**inputs, **outputs})
    if any(rows.any() for rows in failed.values()) and not counts_failed:
        raise recording.error(_said_of_failed(failed))
    y[np.any(list(failed.values()), axis=0)] = np.nan
    units = tuple((name, naming.units.get(name) or unit or "-") for name, (_, unit) in columns.items())
    return Table(units, z, y, layout)


def _names(recording: Recording, naming: Naming) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the variables of z and y: the user's, else the file's, else `z` and `y` themselves."""
    z = naming.z if naming.z is not None else recording.listed("z")
    y = naming.y if naming.y is not None else recording.listed("y")
    if z is None:
        z = ("z",) if "z" in recording.names else ()
    if y is None:
        y = ("y",) if "y" in recording.names else ()
    if not y:
        raise recording.error(f"names no fields; write y: [...] with some of its variables ({recording.has})")
    for name in chain(z, y):
        if (z + y).count(name) > 1:
            raise recording.error(f"{name} is named twice in z and y; name it once")
    return z, y


def _numbers(recording: Recording, name: str, role: str) -> Variable:
    """A variable as float64."""
    found = recording.get(name, role)
    values = np.asarray(found.values)
    if values.dtype.kind not in "fiub":
        raise recording.error(f"{name} holds {values.dtype}, not real numbers; write it as float64")
    return Variable(values.astype("float64"), found.axes, found.unit)


def _check_rows(recording: Recording, variables: Mapping[str, Variable]) -> None:
    """Every variable has one row a run."""
    first, n = "", 0
    for name, variable in variables.items():
        shape = variable.values.shape
        if not shape or not variable.values.size:
            raise recording.error(f"{name} has shape {shape}; write an array whose first dimension counts the runs")
        if first and shape[0] != n:
            raise recording.error(
                f"{name} has {shape[0]:,} rows where {first} has {n:,}; the first dimension of each counts the runs"
            )
        first, n = first or name, shape[0]


def _columns(recording: Recording, inputs: Mapping[str, Variable]) -> dict[str, tuple[np.ndarray, str]]:
    """The column of each parameter, and its unit."""
    columns: dict[str, tuple[np.ndarray, str]] = {}
    for name, variable in inputs.items():
        values = variable.values
        if values.ndim > 2:
            raise recording.error(f"{name} has shape {values.shape}; a variable of z is [runs] or [runs, parameters]")
        found = {name: values} if values.ndim == 1 else {f"{name}{i}": c for i, c in enumerate(values.T, start=1)}
        if both := columns.keys() & found.keys():
            raise recording.error(f"two parameters would be named {min(both)}; rename a variable of z")
        columns |= {key: (column, variable.unit) for key, column in found.items()}
    return columns


def _field(recording: Recording, naming: Naming, name: str, variable: Variable) -> Field:
    shape = variable.values.shape[1:]
    names = naming.axes.get(name, variable.axes)
    if names and len(names) != len(shape):
        raise recording.error(
            f"axes of {name} are {', '.join(names)}, but it has shape {variable.values.shape}; name one a dimension "
            "after the first"
        )
    axes = [
        _axis(recording, naming, names[i], size) if names else _numbered(f"{name}_{i + 1}", size)
        for i, size in enumerate(shape)
    ]
    return Field(name, naming.units.get(name) or variable.unit or "-", tuple(axes))


def _axis(recording: Recording, naming: Naming, name: str, size: int) -> Axis:
    """An axis with the coordinates of its name; a dimension without coordinates is numbered."""
    if name not in recording.names and not any(name in axes for axes in naming.axes.values()):
        return _numbered(name, size)
    found = _numbers(recording, name, "in axes")
    if found.values.shape != (size,):
        raise recording.error(f"the axis {name} has shape {found.values.shape}; write {size} coordinates")
    steps = np.diff(found.values)
    if not np.all(np.isfinite(found.values)) or not (np.all(steps > 0) or np.all(steps < 0)):
        raise recording.error(
            f"the axis {name} does not increase or decrease throughout; write its coordinates in order"
        )
    return Axis(name, naming.units.get(name) or found.unit or "-", tuple(found.values.tolist()))


def _numbered(name: str, size: int) -> Axis:
    return Axis(name, "-", tuple(map(float, range(size))))


def _check_known(recording: Recording, naming: Naming, columns: Iterable[str], layout: Layout) -> None:
    """What the user says is about something that is there, and names do not collide."""
    fields = [field.name for field in layout.fields]
    axes = {axis.name for field in layout.fields for axis in field.axes}
    for key in naming.axes:
        if key not in fields:
            raise recording.error(f"axes are given for {key!r}, which is no field; write {', '.join(fields)}")
    known = [*columns, *fields, *sorted(axes)]
    for key in naming.units:
        if key not in known:
            raise recording.error(f"a unit is given for {key!r}, which is not used; write {', '.join(known)}")
    for name in chain(fields, axes):
        if name in RESERVED or (name in fields and name in axes):
            raise recording.error(f"{name!r} cannot name a field or an axis beside the others; rename it")


def _failed(variables: Mapping[str, Variable]) -> dict[str, Bool[np.ndarray, " n"]]:
    """Rows of each variable that are not finite."""
    return {
        name: ~np.all(np.isfinite(each.values.reshape(len(each.values), -1)), axis=1)
        for name, each in variables.items()
    }


def _said_of_failed(failed: Mapping[str, Bool[np.ndarray, " n"]]) -> str:
    rows = np.flatnonzero(np.any(list(failed.values()), axis=0))
    where = " and ".join(name for name, bad in failed.items() if bad.any())
    named = ", ".join(map(str, rows[:MOST_ROWS_NAMED])) + (", ..." if len(rows) > MOST_ROWS_NAMED else "")
    n = len(next(iter(failed.values())))
    return (
        f"{len(rows):,} of {n:,} runs have NaN or infinity in {where} (rows {named}, counted from 0); remove them, or "
        "write failed_runs: count, and they are failed runs, paid for and not used"
    )
