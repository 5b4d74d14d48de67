"""JSON that carries the SHA-256 of its own content, so that one flipped bit in it never passes for another number.

    {..., "checksum": "<SHA-256 of all else>"}

What is hashed is the content in canonical form, not the text: a bit that turns 1e-05 into 1E-05 changes nothing. A
file without `checksum` is older than these are, and taken as it is.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from sgmbench.errors import StoreError
from sgmbench.store.atomic import REMEDY, plain, read_json, write_json

CHECKSUM = "checksum"


def content_of(description: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a description."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def checksummed(content: dict[str, Any]) -> dict[str, Any]:
    """Content as it is in JSON, with its checksum."""
    told = plain(content)
    return told | {CHECKSUM: content_of(told)}


def write_checksummed(path: Path, content: dict[str, Any]) -> None:
    """Replaces a file; raises StoreError where it cannot be written."""
    write_json(path, checksummed(content))


def read_checksummed(path: Path, *, remedy: str = REMEDY) -> Any:
    """What was written, without its checksum.

    Raises:
        StoreError: it cannot be read, is no JSON, or is not what was written.
    """
    content = read_json(path, remedy=remedy)
    if not isinstance(content, dict) or CHECKSUM not in content:
        return content
    told = content.pop(CHECKSUM)
    if told != content_of(content):
        raise StoreError(f"{path}: is damaged (it does not have the checksum that it names); {remedy}")
    return content
