import numpy as np
import pytest

from sgmbench.core.cost import Cost
from sgmbench.core.layout import Field, Layout
from sgmbench.core.result import Result
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.run_folder import RunFolder, find_run, runs_of
from sgmbench.store.samples import write_samples

NAME = "conditional-mc-100-0"
RESULT = Result(
    name=NAME,
    content="abc",
    target="conditional",
    method="mc",
    kind="sampler",
    budget=100,
    replicate=0,
    status="ok",
    samples_each={"a": 100},
    cost=Cost(solver_runs=100, executed_runs=128, seconds={"simulate": 0.25}),
    scores={"a": {"energy": {"d2": 0.5}}},
)


@pytest.fixture
def run(tmp_path):
    folder = RunFolder.create(tmp_path, "exp", {"configuration": {"seed": 0}, "cells": ["missing", NAME]})
    write_samples(folder.cell(NAME) / "samples.nc", {"a": np.ones((4, 1))}, Layout((Field("q", "-"),)))
    folder.write_result(RESULT)
    return folder


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_a_result_comes_back_equal(run):
    assert run.read_result(NAME) == RESULT
    assert run.read_result("missing") is None
    assert run.results() == [RESULT]


def test_damaged_samples_void_their_result(run):
    flip(run.cell(NAME) / "samples.nc")
    assert run.read_result(NAME) is None
    (run.cell(NAME) / "samples.nc").unlink()
    assert run.read_result(NAME) is None


@pytest.mark.parametrize("text", ["", "{", "{}", "[]"])
def test_a_damaged_result_is_none(run, text):
    (run.cell(NAME) / "result.json").write_text(text)
    assert run.read_result(NAME) is None


def test_a_run_notes_its_state(run):
    assert run.record["status"] == "running"
    run.finish("complete")
    assert (run.record["status"], run.record["configuration"]) == ("complete", {"seed": 0})


def test_another_schema_is_refused(run):
    run.write_record({**run.record, "schema": 99})
    with pytest.raises(StoreError) as caught:
        _ = run.record
    assert str(caught.value) == (
        f"{run.path}: written by schema 99, this version reads 1 to 3; use the version of sgmbench that wrote it, or "
        "run the experiment again"
    )


def test_runs_are_found_by_path_folder_and_experiment(run, tmp_path):
    newer = RunFolder(tmp_path / "exp" / "29991231T000000-abc")
    newer.write_record(run.record)
    assert [r.path for r in runs_of(tmp_path)] == [run.path, newer.path]
    assert find_run(tmp_path, str(run.path)).path == run.path
    assert find_run(tmp_path, run.path.name).path == run.path
    assert find_run(tmp_path, "exp").path == newer.path


def test_an_unknown_run_is_refused_with_what_there_is(run, tmp_path):
    with pytest.raises(UsageError) as caught:
        find_run(tmp_path, "exq")
    assert str(caught.value) == f"exq: no such run below {tmp_path}/ (experiments with runs: exp)"
    with pytest.raises(UsageError) as caught:
        find_run(tmp_path / "empty", "exq")
    assert str(caught.value) == f"exq: no such run below {tmp_path}/empty/ (experiments with runs: none yet)"
