"""Runs on many workers, some of whom die, end as the run that one process has made: byte for byte but for times."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import killed
import pytest
import small
from fatal import DIES, DIES_ONCE, MENDED
from held import held

from sgmbench import api
from sgmbench.store.run_folder import RunFolder

WELL = 30
LEARNER = "marginal.learner.20.r0"


def run_in(results):
    (path,) = Path(results).glob("line/*/run.json")
    return RunFolder(path.parent)


def is_alive(process):
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("budgets", [[DIES, WELL], pytest.param([DIES, DIES_ONCE, WELL], marks=pytest.mark.slow)])
def test_a_cell_whose_worker_dies_is_tried_once_more_and_then_fails_alone(
    tmp_path, monkeypatch, record_property, budgets
):
    """What has failed is made later, by an ordinary run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    toy = {"problem": "fatal:Fatal", "methods": ["monte_carlo"], "metrics": ["energy"], "keep_samples": "all"}
    config = small.write(Path("a.yaml"), **toy, targets=["marginal"], budgets=budgets)
    record_property("injected", len(budgets) - 1)
    said = []
    answer = api.run(config, engine="local:2", timed=False, progress=lambda *words: said.append(words))
    results = {result.budget: result for result in answer.summary.results}
    why = "tried twice: its process was ended by SIGKILL, as where memory runs out; --resume tries it again"
    assert (results[DIES].status, results[DIES].is_outage, results[DIES].reason) == ("failed", True, why)
    assert {(results[budget].status, results[budget].cost.beside) for budget in budgets if budget != DIES} == {
        ("ok", 1)
    }
    assert said[-1][:3] == ("cells", len(budgets), len(budgets))
    assert {phase for phase, *_ in said} >= {"cells", "references 1"}

    MENDED.touch()
    resumed = api.run(config, resume=True)
    assert (resumed.summary.run, resumed.has_failed_cells) == (answer.summary.run, False)
    api.run(config, results="undisturbed")
    assert held(Path("results")) == held(Path("undisturbed"))


@pytest.mark.slow
def test_children_make_what_one_process_makes(here, undisturbed):
    api.run("a.yaml", engine="local:2", results="timed")
    assert held(Path("timed")) == undisturbed
    assert {result.cost.beside for result in run_in("timed").results()} == {0}
    api.run("a.yaml", engine="local:2", timed=False, results="untimed")
    assert held(Path("untimed")) == undisturbed
    assert {result.cost.beside for result in run_in("untimed").results()} == {1}


@pytest.fixture
def cluster(here, monkeypatch):
    """Two workers in processes of their own, and who they are."""
    distributed = pytest.importorskip("distributed")
    quiet = {"dashboard_address": None, "silence_logs": 50}
    monkeypatch.setenv("PYTHONPATH", killed.environment()["PYTHONPATH"])
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **quiet) as made, made.get_client() as client:
        yield client


def engine_of(client):
    return client.scheduler.address.replace("tcp", "dask")


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_loses_nothing(cluster, undisturbed, record_property):
    """A training has begun, and the child of the worker ends with it."""
    record_property("injected", 1)
    gone, begun = [], []

    def listen(phase, done, total, note=""):
        begun.append(phase.startswith("training"))
        busy = {at: str(keys) for at, keys in cluster.processing().items() if keys} if any(begun) and not gone else {}
        if busy:  # the learner's, unless it is done before its word is here
            process = cluster.run(os.getpid)[max(busy, key=lambda at: LEARNER in busy[at])]
            gone.extend([process, *children_of(process)])
            os.kill(process, signal.SIGKILL)

    answer = api.run("a.yaml", engine=engine_of(cluster), timed=False, results="results", progress=listen)
    assert not answer.has_failed_cells
    assert held(Path("results")) == undisturbed
    assert len(gone) == 2
    wait_for(lambda: not any(map(is_alive, gone)))


def children_of(process):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def wait_for(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
