"""States of an unfinished training, each a folder `<step>` that orbax writes, with the SHA-256 of its files.

    <content of the fit>/000001500/state/...         what orbax writes
    <content of the fit>/000001500/checksums.json
    .<content of the fit>.lock                       held by the process that trains

Orbax reads wrong values from a damaged file without a word, so a folder whose files are not those of its checksums is
never read; the one before it is. A folder gets its name when it is whole; until then it is a part (`store.parts`),
which an interrupted process leaves behind, since orbax's threads write on while it ends, and the next training removes.

Two processes that train the same fit at once would remove each other's states: the first that saves one has the folder
until it ends or discards it, and another one trains without checkpoints. Of many that train one fit together
(`core.hosts`) process 0 saves and reads, and the others go on with what it has read.
"""

import contextlib
import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from sgmbench.core.hosts import from_lead, is_alone, is_lead
from sgmbench.errors import StoreError
from sgmbench.store.atomic import read_json, unwritable, write_json
from sgmbench.store.cache import pack, unpack
from sgmbench.store.lock import claimed, this_process
from sgmbench.store.parts import part_folder, remove_stale

KEPT = 2


class FolderCheckpoints:
    """Checkpoints of one fit below a folder, which is made when the first is saved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # orbax takes no other
        self._claim = contextlib.ExitStack()
        self._is_claimed = False

    def save(self, step: int, state: PyTree) -> None:
        """Keeps the state and the newest before it; nothing where another process trains this fit.

        Raises:
            StoreError: the folder cannot be written.
        """
        if not is_lead():
            return
        path = self.folder / f"{step:09d}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._is_ours():
                return
            with part_folder(self.folder) as part:
                made = Path(part) / path.name
                _orbax().save(made / "state", _named(state))
                write_json(made / "checksums.json", _checksums(made / "state"))
                shutil.rmtree(path, ignore_errors=True)
                os.replace(made, path)
        except (OSError, ValueError) as error:  # the second is what orbax makes of a full disk
            raise unwritable(path, error) from error
        before = [folder for folder in self._folders() if folder.name < path.name]
        for old in set(self._folders()) - {path, *before[: KEPT - 1]}:  # a later one is damaged, or of other code
            shutil.rmtree(old, ignore_errors=True)

    def latest(self, like: PyTree) -> PyTree | None:
        """The newest whole state that has the structure, shapes and dtypes of `like`; removes what was half written."""
        found = self._latest(like) if is_lead() else None
        return found if is_alone() else _of_lead(found, like)

    def _latest(self, like: PyTree) -> PyTree | None:
        if not self.folder.is_dir() or not self._is_ours():
            return None
        remove_stale(self.folder, own=True)
        found = (_like(_orbax().restore(folder / "state"), like) for folder in self._folders() if _is_whole(folder))
        return next((state for state in found if state is not None), None)

    @property
    def place(self) -> str:
        """The folder of the newest whole state."""
        return next((str(folder) for folder in self._folders() if _is_whole(folder)), "")

    @property
    def damaged(self) -> list[Path]:
        """States that are not as they were saved."""
        return [folder for folder in self._folders() if not _is_whole(folder)]

    def discard(self) -> None:
        """Removes everything: the fit is finished, or has failed."""
        if is_lead() and (self.folder.is_dir() or self._lock.exists()) and self._is_ours():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.unlink(missing_ok=True)
            self._claim.close()
            self._is_claimed = False

    @property
    def _lock(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.lock")

    def _is_ours(self) -> bool:
        """Whether this process has the folder, from now on or since earlier."""
        if not self._is_claimed:
            holder = self._claim.enter_context(claimed(self._lock))
            self._is_claimed = not holder
            if holder:
                self._claim.close()
                return holder == this_process()
        return True

    def _folders(self) -> list[Path]:
        """Newest first."""
        return sorted((path for path in self.folder.glob("*") if path.name.isdecimal()), reverse=True)


def _orbax() -> Any:
    """Orbax's synchronous checkpointer, of process 0 alone; imported here since that takes half a second."""
    from orbax import checkpoint

    logging.getLogger("absl").setLevel(logging.CRITICAL)
    alone = checkpoint.options.MultiprocessingOptions(active_processes={0})
    handler = checkpoint.PyTreeCheckpointHandler(multiprocessing_options=alone)
    return checkpoint.Checkpointer(handler, multiprocessing_options=alone)


def _of_lead(found: PyTree | None, like: PyTree) -> PyTree | None:
    """What process 0 has found, in all of them."""
    packed = from_lead(b"" if found is None else pack(_named(found)))
    return _like(unpack(packed), like) if packed else None


def _named(state: PyTree) -> dict[str, np.ndarray]:
    """Leaves by their number; orbax keeps no empty array, and would read scalars as Python's numbers."""
    leaves = map(np.asarray, jax.tree.leaves(state))
    return {f"{i:06d}": np.atleast_1d(leaf) for i, leaf in enumerate(leaves) if leaf.size}


def _like(leaves: dict[str, np.ndarray], like: PyTree) -> PyTree | None:
    """The inverse of `_named`; None where the leaves are not of such a training."""
    wanted, structure = jax.tree.flatten(like)
    empty = {f"{i:06d}": np.asarray(leaf) for i, leaf in enumerate(wanted) if not leaf.size}
    found = [leaf for _, leaf in sorted((empty | leaves).items())]
    if len(found) != len(wanted) or not all(map(_fits, found, wanted)):
        return None
    return jax.tree.unflatten(
        structure, [jnp.asarray(f if w.ndim else f[0]) for f, w in zip(found, wanted, strict=True)]
    )


def _fits(found: np.ndarray, wanted: Array) -> bool:
    """Whether dtype and shape are those wanted; a wanted length of 0 is any."""
    shape = wanted.shape or (1,)
    lengths = zip(found.shape, shape, strict=False)
    return (found.dtype, found.ndim) == (wanted.dtype, len(shape)) and all(w in (f, 0) for f, w in lengths)


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _is_whole(folder: Path) -> bool:
    try:
        return read_json(folder / "checksums.json") == _checksums(folder / "state")
    except (StoreError, OSError):
        return False
