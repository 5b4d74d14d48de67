"""A run folder has one process at a time, and a killed one holds nothing."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from sgmbench.errors import StoreError, UsageError
from sgmbench.store.lock import LOCK, locked

HOLDER = """
import pathlib, sys, time
from sgmbench.store.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of a folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_refuses_and_says_who_is_first(tmp_path, holder):
    with pytest.raises(UsageError) as refused, locked(tmp_path):
        pass
    assert str(refused.value) == (
        f"{tmp_path}: process {holder.pid} on {socket.gethostname()} is at work in this run; wait until it has ended, "
        "or end it and use --resume"
    )


def test_a_killed_process_holds_nothing(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with locked(tmp_path):
        assert f'"process": {os.getpid()},' in (tmp_path / LOCK).read_text()


def test_it_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path), pytest.raises(UsageError, match="is at work in this run"), locked(tmp_path):
        pass


def test_a_holder_that_has_not_written_its_name_yet_is_another_process(tmp_path):
    with locked(tmp_path):
        (tmp_path / LOCK).write_bytes(b"")
        with pytest.raises(UsageError, match="another process is at work"), locked(tmp_path):
            pass


def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path):
    with pytest.raises(StoreError) as refused, locked(tmp_path / "none"):
        pass
    assert str(refused.value) == (
        f"{tmp_path / 'none' / LOCK}: cannot be written (No such file or directory); make the folder writable"
    )
