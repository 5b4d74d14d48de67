"""`sgmbench sweep`: Ctrl-C ends every worker and loses nothing, a series goes problem by problem."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import small
import yaml
from fatal import HANGS, MENDED
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.store.run_folder import RunFolder, runs_of

WELL = 30


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_an_engine_that_is_none_is_refused_before_a_folder_is_made(call):
    small.write(Path("a.yaml"))
    ended = call("sweep", "a.yaml", "--engine", "spark")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == "sgmbench: --engine spark: no engine; write local:N, dask, or dask://HOST:PORT\n"
    assert not Path("results").exists()


def is_alive(process):
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["local:2", "dask"])
def test_ctrl_c_ends_every_worker_with_what_it_has_started(call, engine):
    """The folder has what was finished, no word of what was not, and an ordinary run goes on with it."""
    if engine == "dask":
        pytest.importorskip("distributed")
    small.write(Path("a.yaml"), problem="fatal:Fatal", methods=["monte_carlo"], budgets=[WELL, HANGS])
    paths = os.pathsep.join([str(Path(small.__file__).parent), os.environ.get("PYTHONPATH", "")])
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    process = subprocess.Popen(
        [sys.executable, "-m", "sgmbench", "sweep", "a.yaml", "--engine", engine, "--untimed"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, inherited)
    done = f"results/line/*/cells/marginal.monte_carlo.{WELL}.r0/result.json"
    end = time.monotonic() + 100
    while not (Path("solver").exists() and list(Path().glob(done))) and time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # a terminal's goes to the workers, too
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines()[-1] == "sgmbench: interrupted; finished cells are kept, go on with --resume"
    assert "Traceback" not in stderr
    assert not is_alive(int(Path("solver").read_text()))
    (folder,) = map(RunFolder, Path("results/line").iterdir())
    assert folder.record["status"] == "interrupted"
    assert [(result.budget, result.status) for result in folder.results()] == [(WELL, "ok")]

    MENDED.touch()
    ended = call("run", "a.yaml", "--resume", "--quiet")
    assert ended.exit_code == 0, ended.output
    assert [(result.budget, result.status) for result in folder.results()] == [(WELL, "ok"), (HANGS, "ok")]


@pytest.mark.slow
def test_a_series_goes_problem_by_problem(call):
    changes = {"problems": ["small:Line", {"kind": "small:Line", "slope": 2.0, "label": "steep"}], "name": "cup"}
    base = {key: value for key, value in small.BASE.items() if key not in ("name", "problem")}
    Path("cup.yaml").write_text(yaml.safe_dump(changes | base | {"methods": ["monte_carlo"], "replicates": 1}))
    ended = call("sweep", "cup.yaml", "--engine", "local:1", "--quiet")
    assert (ended.exit_code, ended.stdout) == (0, ""), ended.output
    made = [run for name in ("cup_Line", "cup_steep") for run in runs_of(Path("results"), name)]
    assert [run.record["status"] for run in made] == ["complete", "complete"]
