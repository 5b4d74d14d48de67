"""Kept rows as columns: the fields of a data set of samples, and one coordinate of a field, where it varies most."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float


@dataclass(frozen=True)
class Place:
    """One coordinate of a field.

    Attributes:
        field: its name.
        index: where it is on the grid, raveled.
        label: with its unit, as "c(x = 0.3) [1]".
    """

    field: str
    index: int
    label: str


def fields_of(dataset: xr.Dataset) -> list[str]:
    """Names of the fields; what else stands beside each row is none."""
    return [str(name) for name in dataset.data_vars if not str(name).startswith("row_")]


def rows_of(dataset: xr.Dataset, field: str, condition: str) -> Float[np.ndarray, "n d"]:
    """A field at one condition, raveled, without the rows that are no numbers."""
    values = dataset[field].sel(condition=condition).to_numpy()
    rows = values.reshape(len(values), -1)
    return rows[np.isfinite(rows).all(axis=1)]


def places_of(truth: xr.Dataset, condition: str) -> list[Place]:
    """Of each field that varies at this condition the coordinate of the largest standard deviation."""
    found = []
    for field in fields_of(truth):
        rows = rows_of(truth, field, condition)
        if len(rows) < 2 or not (spread := rows.std(axis=0)).any():
            continue
        index = int(np.argmax(spread))
        axes = truth[field].dims[2:]
        at = np.unravel_index(index, truth[field].shape[2:])
        where = ", ".join(f"{axis} = {float(truth[axis][i]):.3g}" for axis, i in zip(axes, at, strict=True))
        found.append(Place(field, index, f"{field}{f'({where})' if where else ''} [{truth[field].attrs['units']}]"))
    return found


def column(dataset: xr.Dataset, place: Place, condition: str) -> Float[np.ndarray, " n"]:
    """One coordinate of all rows, ascending."""
    return np.sort(rows_of(dataset, place.field, condition)[:, place.index])
