"""Ctrl-C and SIGTERM in a real process: finished cells stay whole, and resume ends with the same numbers.

Meanwhile a second process keeps off.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small

from sgmbench import api
from sgmbench.errors import UsageError
from sgmbench.store.run_folder import RunFolder

METHODS = ["monte_carlo", "bootstrap", {"kind": "small:Hesitant", "label": "slow"}, "small:Watching"]


def numbers(answer):
    return {result.name: (result.content, result.scores, result.failed_runs) for result in answer.summary.results}


@pytest.mark.parametrize(
    ("sent", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), pytest.param(signal.SIGTERM, 143, "terminated", marks=pytest.mark.slow)],
)
def test_a_stopped_run_can_be_resumed(tmp_path, monkeypatch, sent, code, word):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)  # which have tests of their own
    config = small.write(Path("a.yaml"), methods=METHODS)
    Path("hold").touch()
    paths = os.pathsep.join([str(Path(small.__file__).parent), os.environ.get("PYTHONPATH", "")])
    # A shell starts its background jobs with SIGINT ignored, which their children would inherit.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "sgmbench", "run", "a.yaml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )
    signal.signal(signal.SIGINT, inherited)
    end = time.monotonic() + 100
    while not Path("fitting").exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    with pytest.raises(UsageError, match=rf": process {process.pid} on \S+ is at work in this run; wait until"):
        api.run(config, resume=True)
    process.send_signal(sent)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == code
    assert stdout == ""
    assert stderr.splitlines()[-1] == f"sgmbench: {word}; finished cells are kept, go on with --resume"
    assert "Traceback" not in stderr

    (record,) = Path("results").glob("line/*/run.json")
    folder = RunFolder(record.parent)
    assert json.loads(record.read_text())["status"] == "interrupted"
    assert [result.method for result in folder.results()] == ["monte_carlo", "bootstrap"]
    assert not list(Path("results").rglob("*.part"))
    before = (folder.cell("marginal.bootstrap.20.r0") / "result.json").read_bytes()

    Path("hold").unlink()
    resumed = api.run(config, resume=True)
    assert Path(resumed.summary.run) == record.parent
    assert folder.record["status"] == "complete"
    assert (folder.cell("marginal.bootstrap.20.r0") / "result.json").read_bytes() == before
    undisturbed = api.run(config, results=Path("elsewhere"))
    assert numbers(resumed) == numbers(undisturbed)
    assert len(numbers(resumed)) == 4
