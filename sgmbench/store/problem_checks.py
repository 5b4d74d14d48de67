"""The last check of each problem: `<results>/problems/<kind>.json`, or `<kind>-<hash>.json` with other settings."""

from pathlib import Path
from typing import Any

from sgmbench.store.checksummed import content_of, read_checksummed, write_checksummed

SCHEMA = 1


def write_check(results: Path, check: dict[str, Any], *, defaults: dict[str, Any]) -> Path:
    """Keeps a check; `defaults` is the configuration of the problem's kind with nothing set, where that exists."""
    path = _path(results, check["configuration"], defaults)
    write_checksummed(path, {"schema": SCHEMA, **check})
    return path


def read_check(results: Path, configuration: dict[str, Any], *, defaults: dict[str, Any]) -> dict[str, Any] | None:
    """The last check of a configuration; None where there is none of this schema."""
    path = _path(results, configuration, defaults)
    check = read_checksummed(path) if path.exists() else {}
    return check if check.get("schema") == SCHEMA else None


def _path(results: Path, configuration: dict[str, Any], defaults: dict[str, Any]) -> Path:
    name = configuration["kind"].replace(":", ".")
    suffix = "" if configuration == defaults else f"-{content_of(configuration)[:8]}"
    return results / "problems" / f"{name}{suffix}.json"
