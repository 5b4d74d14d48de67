"""States come back bit by bit, and whatever is not whole is as if it were not there."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sgmbench.core.checkpoints import Checkpoints
from sgmbench.errors import StoreError
from sgmbench.store import checkpoints as module
from sgmbench.store.checkpoints import FolderCheckpoints

THETA = {"w": jnp.linspace(0, 1, 12, dtype=jnp.float32).reshape(3, 4), "b": jnp.zeros((0,), jnp.float32)}
LIKE = {
    "theta": THETA,
    "optimizer": optax.adam(1e-3).init(THETA),
    "best": jnp.asarray(jnp.inf, jnp.float64),
    "history": jnp.zeros((0, 3)),
    "step": jnp.asarray(0),
}


def state(step):
    """Numbers that have no short decimal form, NaN and infinity among them."""
    made = jax.tree.map(lambda leaf: (leaf + step / 3).astype(leaf.dtype), LIKE)
    history = jnp.arange(3.0 * step).reshape(step, 3) / 7
    return made | {"best": jnp.asarray(jnp.nan), "history": history, "step": jnp.asarray(step)}


def assert_bitwise(one, two):
    assert jax.tree.structure(one) == jax.tree.structure(two)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@pytest.fixture
def checkpoints(tmp_path):
    """States after 1, 2 and 3 steps, of which the newest two are left."""
    kept = FolderCheckpoints(tmp_path / "content")
    for step in 1, 2, 3:
        kept.save(step, state(step))
    return kept


def test_nothing_is_made_before_the_first_state(tmp_path):
    kept = FolderCheckpoints(tmp_path / "content")
    assert isinstance(kept, Checkpoints)
    assert (kept.latest(LIKE), kept.place, os.listdir(tmp_path)) == (None, "", [])


def test_the_newest_state_comes_back_bitwise_and_two_are_kept(checkpoints, capfd):
    assert_bitwise(checkpoints.latest(LIKE), state(3))
    assert sorted(os.listdir(checkpoints.folder)) == ["000000002", "000000003"]
    assert checkpoints.place == str(checkpoints.folder / "000000003")
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_state_at_the_beginning_has_no_history(tmp_path):
    kept = FolderCheckpoints(tmp_path)
    kept.save(0, LIKE)
    assert_bitwise(kept.latest(LIKE), LIKE)


def files(folder):
    return sorted(path for path in (folder / "state").rglob("*") if path.is_file() and path.stat().st_size)


def test_a_flipped_bit_in_any_file_sends_back_to_the_state_before(checkpoints):
    newest = checkpoints.folder / "000000003"
    for path in files(newest):
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(damaged)
        assert_bitwise(checkpoints.latest(LIKE), state(2))
        assert checkpoints.place == str(checkpoints.folder / "000000002")
        path.write_bytes(whole)
    assert_bitwise(checkpoints.latest(LIKE), state(3))


@pytest.mark.parametrize("damage", ["cut", "gone", "no checksums", "cut checksums", "other checksums", "one more"])
def test_a_state_that_is_not_whole_is_not_used(checkpoints, damage):
    newest, oldest = checkpoints.folder / "000000003", checkpoints.folder / "000000002"
    path, checksums = max(files(newest), key=lambda path: path.stat().st_size), newest / "checksums.json"
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-1])
        case "gone":
            path.unlink()
        case "no checksums":
            checksums.unlink()
        case "cut checksums":
            checksums.write_bytes(checksums.read_bytes()[:50])
        case "other checksums":
            checksums.write_text(json.dumps({"a": "b"}))
        case "one more":
            (newest / "state" / "a").touch()
    assert_bitwise(checkpoints.latest(LIKE), state(2))
    checkpoints.save(3, state(3))
    assert_bitwise(checkpoints.latest(LIKE), state(3))
    for folder in newest, oldest:
        (folder / "checksums.json").unlink()
    assert (checkpoints.latest(LIKE), checkpoints.place) == (None, "")


OTHERS = {
    "another shape": {"theta": THETA | {"w": jnp.zeros((3, 5), jnp.float32)}},
    "another dtype": {"theta": THETA | {"w": jnp.zeros((3, 4))}},
    "another rank": {"theta": THETA | {"w": jnp.zeros(12, jnp.float32)}},
    "more leaves": {"theta": THETA | {"z": jnp.zeros(1)}},
    "fewer leaves": {"theta": {"w": THETA["w"]}, "optimizer": ()},
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_state_of_another_network_is_not_used(checkpoints, other):
    assert checkpoints.latest(LIKE | OTHERS[other]) is None


def test_a_training_that_begins_anew_drives_out_what_it_could_not_read(checkpoints):
    other = {"theta": jnp.ones(2)}
    checkpoints.save(1, other)
    assert_bitwise(checkpoints.latest(other), other)
    assert os.listdir(checkpoints.folder) == ["000000001"]


def test_discarding_leaves_nothing(checkpoints):
    checkpoints.discard()
    checkpoints.discard()
    assert os.listdir(checkpoints.folder.parent) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "content").touch()
    path = tmp_path / "content" / "000000001"
    with pytest.raises(StoreError) as caught:
        FolderCheckpoints(tmp_path / "content").save(1, LIKE)
    assert str(caught.value) == f"{path}: cannot be written (File exists); choose another folder with --results"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of orbax's own threads
def test_a_full_disk_is_said_and_costs_no_earlier_state(checkpoints):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = LIKE | {"history": jax.random.normal(jax.random.key(0), (20_000, 3))}
    path = checkpoints.folder / "000000004"
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(
            StoreError,
            match=rf"^{path}: cannot be written \(.*File too large.*\); make room and go on with --resume, or",
        ):
            checkpoints.save(4, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_bitwise(checkpoints.latest(LIKE), state(3))
    assert sorted(os.listdir(checkpoints.folder)) == ["000000002", "000000003"]


KILLED = """
import os, pathlib, signal, sys
import jax.numpy as jnp
import sgmbench.core
from sgmbench.store import checkpoints as module

kept = module.FolderCheckpoints(pathlib.Path(sys.argv[1]))
kept.latest({}), kept.place
assert not any("orbax" in name for name in sys.modules), "loaded before there is anything to read"
kept.save(1, {"a": jnp.arange(5.0)})
kill = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
setattr(*{"before": (module, "write_json"), "after": (module.os, "replace")}[sys.argv[2]], kill)
kept.save(2, {"a": jnp.arange(5.0) + 1})
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_state_half_written_by_a_killed_process_is_not_seen(tmp_path, moment):
    """Killed before its checksums are written, or after and before it has its name. And orbax is quiet, and late."""
    process = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (-signal.SIGKILL, "")
    kept, like = FolderCheckpoints(tmp_path), {"a": jnp.zeros(5)}
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".part", ""]
    assert_bitwise(kept.latest(like), {"a": jnp.arange(5.0)})
    assert os.listdir(tmp_path) == ["000000001"]
    kept.save(2, like)
    assert_bitwise(kept.latest(like), like)


def test_what_this_process_left_half_written_is_removed_and_what_another_writes_is_not(checkpoints, monkeypatch):
    """As after Ctrl-C, when orbax's threads write on behind the back of whoever removes their folder."""
    with monkeypatch.context() as patch:
        patch.setattr(module.shutil, "rmtree", lambda *arguments, **options: None)
        patch.setattr(tempfile.TemporaryDirectory, "cleanup", lambda self: None)
        patch.setattr(module, "write_json", interrupt)
        with pytest.raises(KeyboardInterrupt):
            checkpoints.save(4, state(4))
    folder = checkpoints.folder
    alive = folder / f".sgmbench-{os.getppid()}-{socket.gethostname()}-x.part"
    elsewhere = folder / ".sgmbench-1-elsewhere-x.part"
    for part in alive, elsewhere:
        (part / "000000005").mkdir(parents=True)
    assert sum(path.suffix == ".part" for path in folder.iterdir()) == 3
    assert_bitwise(FolderCheckpoints(folder).latest(LIKE), state(3))
    assert sorted(os.listdir(folder)) == sorted(["000000002", "000000003", alive.name, elsewhere.name])


def interrupt(*arguments):
    raise KeyboardInterrupt


HOLDER = """
import pathlib, sys, time
import jax.numpy as jnp
import sgmbench.core
from sgmbench.store.checkpoints import FolderCheckpoints

kept = FolderCheckpoints(pathlib.Path(sys.argv[1]))
kept.save(1, {"a": jnp.arange(5.0)})
print("saved", flush=True)
time.sleep(600)
"""


def test_of_two_processes_that_train_the_same_one_has_the_checkpoints(tmp_path):
    """The other one trains without; when the first is killed the next has them."""
    folder, like = tmp_path / "content", {"a": jnp.zeros(5)}
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "saved\n"
    second = FolderCheckpoints(folder)
    assert second.latest(like) is None
    second.save(2, like)
    second.discard()
    assert os.listdir(folder) == ["000000001"]
    holder.kill()
    holder.wait()
    assert_bitwise(second.latest(like), {"a": jnp.arange(5.0)})
    second.discard()
    assert os.listdir(tmp_path) == []


def test_damaged_states_are_told(checkpoints):
    assert checkpoints.damaged == []
    newest = checkpoints.folder / "000000003"
    (newest / "checksums.json").unlink()
    assert checkpoints.damaged == [newest]
