"""What a killed process was writing is not seen, and removed by whoever writes there next."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from sgmbench.store.atomic import write_bytes
from sgmbench.store.parts import part_file, part_folder, remove_stale

KILLED = """
import os, pathlib, signal, sys
from sgmbench.store import atomic
setattr(os, sys.argv[2], lambda *arguments: os.kill(os.getpid(), signal.SIGKILL))
atomic.write_bytes(pathlib.Path(sys.argv[1]), b"new")
"""


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_file_half_written_by_a_killed_process(tmp_path, moment):
    path = tmp_path / "file"
    write_bytes(path, b"old")
    process = subprocess.run([sys.executable, "-c", KILLED, str(path), moment], check=False)
    assert process.returncode == -signal.SIGKILL
    (part,) = set(tmp_path.iterdir()) - {path}
    assert (part.read_bytes(), path.read_bytes()) == (b"new", b"old")
    write_bytes(tmp_path / "another", b"")
    assert sorted(os.listdir(tmp_path)) == ["another", "file"]


def test_what_may_still_be_written_is_left(tmp_path):
    """By this process, by one that is alive, by one of another machine; and what is no part of ours."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    left = {f".sgmbench-{os.getppid()}-{host}-x.part", ".sgmbench-1-else-where-x.part", ".sgmbench.part", "x.part"}
    for name in left | {f".sgmbench-{ended.pid}-{host}-x.part"}:
        (tmp_path / name).touch()
    (tmp_path / f".sgmbench-{ended.pid}-{host}-y.part").mkdir()
    with part_folder(tmp_path) as own:
        remove_stale(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == left | {os.path.basename(own)}
    descriptor, _ = part_file(tmp_path)
    os.close(descriptor)
    remove_stale(tmp_path, own=True)
    assert {path.name for path in tmp_path.iterdir()} == left
