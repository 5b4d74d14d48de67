"""Folders that are full, or may only be read: an error that names the path and the remedy, and nothing is lost."""

import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import killed
import pytest
from held import held

from sgmbench import api
from sgmbench.errors import StoreError
from sgmbench.runner.uncached import without_compilation_cache

pytestmark = pytest.mark.slow

ROOM = "; make room and go on with --resume, or choose another folder with --results"
IN_TURN = """
import json, subprocess, sys
from typer.testing import CliRunner
from sgmbench.api import running
from sgmbench.cli import app

running.draw_figures = lambda *arguments: None
ended = []
for words in sys.argv[1:]:
    name, *more = words.split()
    if name == "sgmbench":
        each = CliRunner().invoke(app, more)
        ended.append([each.exit_code, each.stdout, each.stderr])
    else:
        subprocess.run(words, shell=True, check=True)
print(json.dumps(ended))
"""


def test_no_file_may_be_as_large_as_samples_are(here, undisturbed, monkeypatch):
    """RLIMIT_FSIZE stands for a full disk: what is small is written, then there is no room."""
    monkeypatch.setattr("sgmbench.runner.run.without_compilation_cache", without_compilation_cache)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    results = Path("results")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard))
        with pytest.raises(StoreError) as full:
            api.run("a.yaml", results=results)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (truth,) = results.glob("line/*/references")
    assert str(full.value) == f"{truth / 'marginal.nc'}: cannot be written (File too large){ROOM}"
    assert full.value.exit_code == 7
    assert list(truth.iterdir()) == []
    assert json.loads((truth.parent / "run.json").read_text())["status"] == "interrupted"
    api.run("a.yaml", results=results, resume=True)
    assert held(results) == undisturbed


@pytest.fixture(scope="module")
def in_turn(tmp_path_factory):
    """Runs commands of the shell, which may mount, and of sgmbench; says how the latter ended."""
    unshare = ["unshare", "--map-root-user", "--mount"]
    try:
        mount = ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path_factory.mktemp("place"))]
        subprocess.run([*unshare, *mount], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nothing may be mounted here ({error})")

    def run(*commands):
        command = [*unshare, sys.executable, "-c", IN_TURN, *commands]
        ended = subprocess.run(command, env=killed.environment(), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


def test_a_full_disk(here, undisturbed, in_turn):
    """A file system of 64 kB, which grows before the run goes on."""
    stopped, ended = in_turn(
        "mkdir results && mount -t tmpfs -o size=64k tmpfs results",
        "sgmbench run a.yaml --quiet",
        "mount -o remount,size=64m results",
        "sgmbench run a.yaml --quiet --resume",
        "cp -r results after",
    )
    assert stopped[0] == 7
    assert re.fullmatch(rf"sgmbench: results/line/\S+: cannot be written \(.*No space left.*\){ROOM}\n", stopped[2])
    assert ended == [0, "", ""]
    assert held(Path("after")) == undisturbed


def test_a_folder_that_may_only_be_read(copied, in_turn):
    """A finished run is verified there, without references too; nothing is begun, gone on with, or removed."""
    shutil.copytree(copied / "line", "bare/line")
    (folder,) = (copied / "line").iterdir()
    begun, resumed, verified, bare, cleaned = in_turn(
        *(f"mount --bind {at} {at} && mount -o remount,bind,ro {at}" for at in ("results", "bare")),
        "sgmbench run a.yaml --quiet",
        "sgmbench run a.yaml --quiet --resume",
        "sgmbench verify line --trust",
        "sgmbench verify line --trust --results bare",
        "sgmbench clean --cache --yes",
    )
    reason, remedy = r"\(Read-only file system\)", "choose another folder with --results"
    assert begun[0] == resumed[0] == cleaned[0] == 7
    assert re.fullmatch(rf"sgmbench: results/line/\S+: cannot be written {reason}; {remedy}\n", begun[2])
    assert re.fullmatch(
        rf"sgmbench: {folder}/\.lock: cannot be written {reason}; make the folder writable\n", resumed[2]
    )
    assert re.fullmatch(rf"sgmbench: results/\.cache: cannot be removed {reason}; remove it by hand\n", cleaned[2])
    assert (verified[0], verified[1].splitlines()[-3]) == (0, "verdict: intact")
    assert bare[0] == 0
    assert re.search(rf"^not checked  scores: of 3 cells: \S+: cannot be written {reason}", bare[1], re.MULTILINE)
