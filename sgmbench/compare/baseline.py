"""Baseline: what later runs are compared with, small enough to be committed and laid out to be diffed.

    schema        version of this layout
    run           name of the folder that it was taken from
    scatters      errors that are estimates of either sign
    cells         by name: status, and what errors, counts and seconds are
    checksum      of all else (`store.checksummed`): a file that was edited, or damaged, is not compared with

and `experiment`, `asked`, `metrics`, `primary`, `tolerated`, `environment` of a `side.Side`. What cells have measured
is kept to six digits, keys are sorted, and what has no mapping in it stands on one line, so that a cell that changed
shows as a few changed lines.
"""

import json
import math
from pathlib import Path
from typing import Any

from sgmbench.compare.errors_of import Error
from sgmbench.compare.side import CellRecord, Side, programs_of
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.atomic import write_bytes
from sgmbench.store.checksummed import checksummed, read_checksummed
from sgmbench.store.upgrades import reference_of_all_runs

SCHEMA = 1
DIGITS = 6


def write_baseline(path: Path, side: Side) -> None:
    """Replaces the file by what a comparison needs of a run.

    Raises:
        StoreError: the folder cannot be written.
    """
    scatters = sorted({name for cell in side.cells.values() for name, error in cell.errors.items() if error.scatters})
    content = {
        "schema": SCHEMA,
        "run": Path(side.path).name,
        "experiment": side.experiment,
        "asked": side.asked,
        "metrics": side.metrics,
        "primary": side.primary,
        "tolerated": side.tolerated,
        "environment": side.environment,
        "scatters": scatters,
        "cells": {name: _plain(cell) for name, cell in side.cells.items()},
    }
    write_bytes(path, (_text(checksummed(content), "") + "\n").encode())


def read_baseline(path: Path) -> Side:
    """The side that was written.

    Raises:
        UsageError: there is no such file, it is of another schema, or it is damaged.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such baseline; write one with sgmbench baseline RUN")
    try:
        found = read_checksummed(path)
    except StoreError as error:
        raise UsageError(f"{path}: is no baseline; write it again with sgmbench baseline RUN") from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        said = f"a baseline of schema {schema}" if schema is not None else "no baseline"
        raise UsageError(f"{path}: {said}; this version reads {SCHEMA}: write it again with sgmbench baseline RUN")
    try:
        cells = {name: _cell(cell, set(found["scatters"])) for name, cell in found["cells"].items()}
        named = ("experiment", "asked", "metrics", "primary", "tolerated", "environment")
        programs = programs_of(found["environment"])
        told: dict[str, Any] = {name: found[name] for name in named} | {"asked": _asked(found["asked"])}
        return Side(path=str(path), cells=cells, programs=programs, **told)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: is damaged ({error}); write it again with sgmbench baseline RUN") from error


def _asked(plain: dict[str, Any]) -> dict[str, Any]:
    """What was asked, with what a reference said nothing of when the file was written."""
    return plain | {"reference": reference_of_all_runs(plain["reference"])} if "reference" in plain else plain


def _plain(cell: CellRecord) -> dict[str, Any]:
    plain = {
        "target": cell.target,
        "method": cell.method,
        "budget": cell.budget,
        "replicate": cell.replicate,
        "status": cell.status,
        "invalid_because": cell.invalid_because,
        "errors": {name: error.at for name, error in cell.errors.items()},
        "counts": cell.counts,
        "seconds": cell.seconds,
        "cold_seconds": cell.cold_seconds,
    }
    return _rounded(plain)


def _cell(plain: dict[str, Any], scatters: set[str]) -> CellRecord:
    errors = {name: Error(_finite(at), name in scatters) for name, at in plain["errors"].items()}
    return CellRecord(**{**plain, "errors": errors})


def _finite(at: dict[str, float | None]) -> dict[str, float]:
    """Numbers that are none are null in JSON."""
    return {condition: math.nan if value is None else value for condition, value in at.items()}


def _text(content: Any, indent: str) -> str:
    """JSON, in which a mapping that holds another one has a line for each key."""
    if not isinstance(content, dict) or not any(isinstance(value, dict) for value in content.values()):
        return json.dumps(content, sort_keys=True, allow_nan=False)
    inner = indent + "  "
    lines = [f"{inner}{json.dumps(key)}: {_text(content[key], inner)}" for key in sorted(content)]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}"


def _rounded(content: Any) -> Any:
    """Six digits; NaN and infinity as null."""
    if isinstance(content, dict):
        return {key: _rounded(value) for key, value in content.items()}
    if isinstance(content, float):
        return float(f"{content:.{DIGITS}g}") if math.isfinite(content) else None
    return content
