"""A folder that somebody sent: nothing in it leads elsewhere, goes off, or is run; what is newer is said to be."""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sgmbench.core.result import Result
from sgmbench.errors import StoreError
from sgmbench.store.atomic import read_json, write_bytes
from sgmbench.store.cache import Cache
from sgmbench.store.checksummed import content_of, read_checksummed, write_checksummed
from sgmbench.store.links import links_of
from sgmbench.store.lock import LOCK, locked
from sgmbench.store.manifest import MANIFEST, Damage, inspect
from sgmbench.store.names import component, is_below
from sgmbench.store.run_folder import RunFolder, runs_of
from sgmbench.store.upgrades import RESULT_SCHEMA, SCHEMA

CELL = "marginal.kde.10.r0"
RESULT = Result(
    name=CELL, content="c", target="marginal", method="kde", kind="generator", budget=10, replicate=0, status="ok"
)


@pytest.fixture
def run(tmp_path):
    folder = RunFolder.create(tmp_path / "results", "x", {"configuration": {"name": "x"}, "cells": [CELL]})
    folder.write_result(RESULT)
    folder.finish("complete")
    folder.seal()
    return folder


def edit(path, **changes):
    write_checksummed(path, read_checksummed(path) | changes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 100_000, "maximum recursion depth exceeded while decoding a JSON array from a unicode string"),
        ('{"a": ' * 60 + "1" + "}" * 60, "more than 50 levels of nesting"),
        ('{"a": NaN}', "NaN is not finite"),
        ("[-Infinity]", "-Infinity is not finite"),
        ("[1e999]", "1e999 is not finite"),
        ("[" + "9" * 400 + "]", "a whole number of 400 digits"),
        (
            '["\\ud83d\\ude00", "\\ud800"]',
            "'utf-8' codec can't encode character '\\ud800' in position 7: surrogates not allowed",
        ),
        ('"\xff"', "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
        ("", "Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_json_that_is_not_as_it_is_written_here_is_damaged(tmp_path, text, why):
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(StoreError) as refused:
        read_json(path)
    assert str(refused.value) == f"{path}: is damaged ({why}); remove it and run again with --resume"


def test_json_of_any_size_is_not_read_into_memory(tmp_path):
    path = tmp_path / "a.json"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(StoreError) as refused:
        read_json(path)
    assert str(refused.value) == f"{path}: is damaged (it has more than 64 MB); remove it and run again with --resume"


def test_json_as_it_is_written_here_comes_back(tmp_path):
    content = {"a": [1, -1.5e-300, 10**299, None, True, "\U0001f600 \x00 <"], "b": {}}
    for _ in range(48):
        content = {"c": content}
    write_bytes(tmp_path / "a.json", json.dumps(content).encode())
    assert read_json(tmp_path / "a.json") == content
    for scalar in ("3", '"x"', "null"):
        write_bytes(tmp_path / "a.json", scalar.encode())
        assert read_json(tmp_path / "a.json") == json.loads(scalar)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "...", "../x", "/x", "a/b", "a\\b", "a\0b", "a\nb", "a\u202eb", "x" * 256]
)
def test_a_name_that_leads_elsewhere_names_no_file(name):
    with pytest.raises(StoreError) as refused:
        component(name, of=Path("run"))
    shown = ascii(name[:60])
    assert str(refused.value) == f"run: names {shown}, which no file in it can have; it is damaged, or no run"


def test_a_name_that_does_not_is_taken_as_it_is():
    for name in ("marginal.kde.10.r0", ".a", "a..b", '<b>&"', "x" * 255):
        assert component(name, of=Path("run")) == name


def test_what_is_below_a_folder():
    assert all(map(is_below, ("a", "a/b", "a/..b", ".a/b")))
    assert not any(map(is_below, ("", "/", "/a", "..", "a/../b", "../a", "a/..", "a\0")))


def test_cells_and_their_files_are_below_the_run(run):
    """Of a result that names a file elsewhere, the file is not read, and there is no result."""
    result = run.cell(CELL) / "result.json"
    for file in ("../../run.json", "/dev/zero"):
        edit(result, files={file: "0" * 64})
        assert run.read_result(CELL) is None
    edit(run.path / "run.json", cells=["../../../x"])
    with pytest.raises(StoreError) as refused:
        run.results()
    assert str(refused.value) == (
        f"{run.path}: names '../../../x', which no file in it can have; it is damaged, or no run"
    )
    with pytest.raises(StoreError, match=r"names '\.\.', which no file"):
        runs_of(run.path.parents[1], "..")


def test_a_manifest_that_names_files_elsewhere_is_not_followed(run, tmp_path):
    """To go on would have removed what it names, for it has changed."""
    precious = tmp_path / "results" / "precious.json"
    precious.write_text("{}")
    for name in ("references/../../../precious.nc", str(tmp_path / "results" / "precious.nc")):
        files = {name: "0" * 64}
        (run.path / MANIFEST).write_text(json.dumps({"files": files, "schema": 1, "sha256": content_of(files)}))
        assert inspect(run.path).damages == [Damage(MANIFEST, f"names {name[:60]!r}, which is not below the run")]
        run.reopen()
        assert precious.exists()


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "result.json").write_text("mine")
    return folder


def test_nothing_is_written_through_a_link(run, elsewhere):
    """Neither in the run nor where the run itself is one."""
    link = run.path / "cells" / "other"
    link.symlink_to(elsewhere)
    assert links_of(run.path) == {"cells/other": str(elsewhere)}
    with pytest.raises(StoreError) as refused:
        run.reopen()
    assert str(refused.value) == (
        f"{link}: is a link to {elsewhere}, where nothing is written; put what it leads to in its place"
    )
    link.unlink()
    run.reopen()
    moved = elsewhere / run.path.name
    os.rename(run.path, moved)
    run.path.symlink_to(moved)
    with pytest.raises(StoreError) as refused:
        run.reopen()
    assert str(refused.value) == f"{run.path}: is a link to {moved}; go on with the folder itself"


def test_an_experiment_that_is_a_link_has_no_runs_written_below_it(run, elsewhere):
    experiment = run.path.parent
    os.rename(experiment, elsewhere / "runs")
    experiment.symlink_to(elsewhere / "runs")
    before = sorted((elsewhere / "runs").iterdir())
    said = (
        f"{experiment}: is a link to {elsewhere / 'runs'}, where nothing is written; put the folder itself in its "
        "place, or lay all results there with --results"
    )
    for write in (run.reopen, lambda: RunFolder.create(experiment.parent, experiment.name, run.record)):
        with pytest.raises(StoreError) as refused:
            write()
        assert str(refused.value) == said
    assert sorted((elsewhere / "runs").iterdir()) == before


def test_a_cache_may_be_a_link_to_another_disk(tmp_path, elsewhere):
    (tmp_path / ".cache").symlink_to(elsewhere)
    made = []

    def get():
        return Cache(tmp_path / ".cache").get("fit", {"seed": 0}, lambda: (made.append(1), ({"a": np.ones(2)}, {}))[1])

    assert get()[0]["a"].tolist() == get()[0]["a"].tolist() == [1.0, 1.0]
    assert (len(made), len(list((elsewhere / "fit").glob("*.npz")))) == (1, 1)


def test_a_file_that_is_a_link_is_replaced_and_not_what_it_leads_to(run, elsewhere):
    page = run.path / "report.html"
    page.symlink_to(elsewhere / "result.json")
    write_bytes(page, b"page")
    assert ((elsewhere / "result.json").read_text(), page.is_symlink(), page.read_bytes()) == ("mine", False, b"page")


def test_a_lock_that_is_a_link_is_not_opened(run, elsewhere):
    (run.path / LOCK).symlink_to(elsewhere / "result.json")
    with pytest.raises(StoreError) as refused, locked(run.path):
        pass
    assert str(refused.value) == (
        f"{run.path / LOCK}: cannot be written (Too many levels of symbolic links); make the folder writable"
    )
    assert (elsewhere / "result.json").read_text() == "mine"


def test_to_clean_removes_links_and_not_what_they_lead_to(tmp_path, elsewhere):
    cache = Cache(tmp_path / ".cache")
    (tmp_path / ".cache" / "runs").mkdir(parents=True)
    (tmp_path / ".cache" / "runs" / "a.npz").symlink_to(elsewhere / "result.json")
    (tmp_path / ".cache" / "fit").symlink_to(elsewhere)
    cache.clear()
    assert not (tmp_path / ".cache").exists()
    assert (elsewhere / "result.json").read_text() == "mine"
    (tmp_path / ".cache").symlink_to(elsewhere)
    with pytest.raises(StoreError) as refused:
        cache.clear()
    assert str(refused.value) == (
        f"{tmp_path / '.cache'}: cannot be removed (Cannot call rmtree on a symbolic link); remove it by hand"
    )
    assert (elsewhere / "result.json").read_text() == "mine"


class Mine:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return open, ("unpickled", "w")


def forged(member):
    """A record of an artifact that has this archive's own checksum."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.npy", member)
    data = archive.getvalue()
    return data, {"description": {"seed": 0}, "notes": {}, "sha256": hashlib.sha256(data).hexdigest()}


def pickled():
    member = io.BytesIO()
    np.lib.format.write_array(member, np.array([Mine()], dtype=object), allow_pickle=True)
    return member.getvalue()


@pytest.mark.parametrize("member", [pickled(), b"\x93NUMPY\x01\x00"], ids=["a pickle", "half an array"])
def test_an_artifact_that_was_made_to_fit_is_made_again_and_not_run(tmp_path, monkeypatch, member):
    monkeypatch.chdir(tmp_path)
    data, record = forged(member)
    path = tmp_path / "fit" / content_of({"seed": 0})
    write_bytes(path.with_suffix(".npz"), data)
    write_bytes(path.with_suffix(".json"), json.dumps(record).encode())
    arrays, _ = Cache(tmp_path).get("fit", {"seed": 0}, lambda: ({"a": np.ones(2)}, {}))
    assert (arrays["a"].tolist(), os.path.exists("unpickled")) == ([1.0, 1.0], False)


def test_an_artifact_of_another_schema_is_not_read(tmp_path):
    """Neither from its own place nor from that of this schema."""
    made = []

    def get(schema):
        make = lambda: (made.append(schema), ({"a": np.full(1, float(schema))}, {}))[1]  # noqa: E731
        return Cache(tmp_path).get("fit", {"schema": schema, "seed": 0}, make)[0]["a"].item()

    assert (get(1), get(2), get(1), made) == (1.0, 2.0, 1.0, [1, 2])
    old, new = (tmp_path / "fit" / content_of({"schema": schema, "seed": 0}) for schema in (1, 2))
    for suffix in (".npz", ".json"):
        os.replace(old.with_suffix(suffix), new.with_suffix(suffix))
    assert (get(2), made) == (2.0, [1, 2, 2])


@pytest.mark.parametrize(
    "text", ["[]", "3", '{"schema": 1, "configuration": []}', '{"schema": 1, "configuration": {"methods": 3}}']
)
def test_a_record_that_is_none_is_no_run(run, text):
    (run.path / "run.json").write_text(text)
    with pytest.raises(StoreError) as refused:
        _ = run.record
    said = str(refused.value)
    assert said.startswith(f"{run.path / 'run.json'}: is no record of a run (")
    assert said.endswith("); restore it from a copy, or run the experiment again")
    assert not run.is_readable


def test_what_a_newer_version_wrote_is_refused_with_both_versions_and_the_remedy(run):
    """And is not taken for a damaged result, to be made again over the newer one."""
    remedy = "use the version of sgmbench that wrote it, or run the experiment again"
    path = run.cell(CELL) / "result.json"
    edit(path, schema=RESULT_SCHEMA + 1)
    with pytest.raises(StoreError) as refused:
        run.read_result(CELL)
    assert str(refused.value) == (
        f"{path}: written by schema {RESULT_SCHEMA + 1}, this version reads 1 to {RESULT_SCHEMA}; {remedy}"
    )
    edit(run.path / "run.json", schema=SCHEMA + 1)
    with pytest.raises(StoreError) as refused:
        _ = run.record
    assert (
        str(refused.value) == f"{run.path}: written by schema {SCHEMA + 1}, this version reads 1 to {SCHEMA}; {remedy}"
    )
