"""Engines by name, and what is said where one is not to be had or a worker sees nothing."""

import os
import platform
from pathlib import Path
from queue import SimpleQueue

import pytest

from sgmbench.cells import Cell
from sgmbench.errors import UsageError
from sgmbench.runner.engines import cluster
from sgmbench.runner.engines.cluster import Cluster
from sgmbench.runner.engines.local import Local
from sgmbench.runner.engines.named import engine_of
from sgmbench.runner.maker import Errand, Maker
from sgmbench.runner.steps import Step


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("local:3", Local(3)),
        ("dask://node7:8786", Cluster("tcp://node7:8786")),
        ("tcp://10.0.0.7:8786", Cluster("tcp://10.0.0.7:8786")),
        ("tls://node7:8786", Cluster("tls://node7:8786")),
    ],
)
def test_a_name_stands_for_an_engine(name, engine):
    assert engine_of(name) == engine


def test_without_a_number_there_is_a_worker_for_each_core_of_this_process(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    assert engine_of("local") == Local(3)
    assert engine_of("dask") == Cluster(workers=3)


@pytest.mark.parametrize("name", ["local:0", "local:-1", "local:two", "dask:2", "dask://node7", "spark", ""])
def test_what_is_no_engine_is_refused(name):
    with pytest.raises(UsageError) as refused:
        engine_of(name)
    assert str(refused.value) == f"--engine {name}: no engine; write local:N, dask, or dask://HOST:PORT"


def test_without_dask_its_engine_names_the_extra(monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as refused:
        engine_of("dask")
    assert str(refused.value) == "--engine dask needs dask.distributed: pip install 'sgmbench[dask]'"


@pytest.fixture
def errand(tmp_path):
    return Errand(tmp_path / "run", tmp_path / ".cache", None, tmp_path, ())


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch, errand):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECTED", 0.2)
    with pytest.raises(UsageError) as refused, Cluster("tcp://127.0.0.1:9").crew(errand, SimpleQueue()):
        pass
    assert str(refused.value) == (
        "--engine: no dask scheduler answers at tcp://127.0.0.1:9 within 0.2 s; start one with dask scheduler, or "
        "write --engine dask for workers on this machine"
    )


def test_a_chosen_platform_goes_along_to_workers_and_one_that_lacks_it_says_so(monkeypatch, errand):
    """Their own environment says nothing of it, as on another machine."""
    monkeypatch.setenv("JAX_PLATFORM_NAME", "tpu")
    sent = Errand.here(errand.folder, errand.cache, None)
    monkeypatch.delenv("JAX_PLATFORM_NAME")
    assert (sent.platform, Errand.here(errand.folder, errand.cache, None).platform) == ("tpu", "")
    maker = Maker(sent, lambda *words: None)
    with pytest.raises(UsageError) as refused:
        maker.make("cell", {})
    maker.end()
    assert str(refused.value) == (
        f"on {platform.node()}: --platform tpu: JAX finds no tpu here; write cpu, or install JAX for tpu"
    )


def test_a_worker_that_does_not_see_the_run_folder_says_so(errand):
    """It makes none of its own, where nobody would find it."""
    pytest.importorskip("distributed")
    heard, step = SimpleQueue(), Step("a", "cell", Cell("marginal", "m", 1, 0, {}), is_timed=False)
    with Cluster(workers=1).crew(errand, heard) as crew:
        ((worker, machine),) = crew.machines().items()
        crew.begin(worker, step, beside=0)
        ended = heard.get(timeout=60)
    assert (ended.worker, ended.step, type(ended.error)) == (worker, step, UsageError)
    assert worker.startswith(f"{machine}:")
    assert str(ended.error) == (
        f"the dask worker {worker} on {platform.node()} sees no {errand.folder}/run.json; workers need the file "
        "system that the run folder is on: choose one with --results"
    )
    assert not Path(errand.folder).exists()
