import json

import numpy as np
import pytest

from sgmbench.core.cost import Cost
from sgmbench.core.layout import Field, Layout
from sgmbench.core.result import Result
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.lock import locked
from sgmbench.store.manifest import MANIFEST
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
        f"{run.path}: written by schema 99, this version reads 1 to 4; use the version of sgmbench that wrote it, or "
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


def test_no_flipped_bit_makes_another_result(run):
    """It is none, or what it was. Of every seventh bit, which are of every place in a byte."""
    path = run.cell(NAME) / "result.json"
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 7):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert run.read_result(NAME) in (None, RESULT), data.decode(errors="replace")


def test_a_truth_comes_back_and_is_dropped_where_it_or_its_rows_are_damaged(run):
    known, rows = {"content": "abc", "conditions": {"a": {"size": 4}}}, run.path / "references" / "all.nc"
    assert run.read_reference("all") is None
    write_samples(rows, {"a": np.ones((4, 1))}, Layout((Field("q", "-"),)))
    for damaged in (rows, rows.with_suffix(".json")):
        run.write_reference("all", known)
        assert run.read_reference("all") == known
        run.reopen()
        assert run.read_reference("all") == known
        flip(damaged)
        with pytest.raises(StoreError, match=r"all\.json: is damaged \(.*\); remove it and run again with --resume$"):
            run.read_reference("all")
        run.reopen()
        assert run.read_reference("all") is None


def test_a_page_written_while_a_run_is_at_work_leaves_it_without_a_manifest(run):
    run.seal()
    before = (run.path / MANIFEST).read_bytes()
    (run.path / "report.html").write_text("new")
    with locked(run.path):
        run.renew("report.html")
    assert (run.path / MANIFEST).read_bytes() == before
    run.renew("report.html")
    assert "report.html" in json.loads((run.path / MANIFEST).read_text())["files"]
