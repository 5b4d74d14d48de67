import json
import os

import pytest

from sgmbench.errors import StoreError
from sgmbench.store import atomic
from sgmbench.store.atomic import read_json, write_bytes, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b.json"
    write_bytes(path, b"old")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(StoreError) as caught:
        write_bytes(path, b"new")
    assert str(caught.value) == (
        f"{path}: cannot be written (No space left on device); make room and go on with --resume, or choose another "
        "folder with --results"
    )
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["b.json"]


def test_the_content_is_on_disk_before_the_name(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(atomic.os, "fsync", lambda *a: (done.append("fsync"), fsync(*a)))
    monkeypatch.setattr(atomic.os, "replace", lambda *a: (done.append("replace"), replace(*a)))
    write_bytes(tmp_path / "a", b"content")
    assert done == ["fsync", "replace"]
    assert (tmp_path / "a").read_bytes() == b"content"


def test_a_folder_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be written .*; choose another folder with --results"):
        write_bytes(tmp_path / "file" / "a", b"")


def test_json_is_sorted_and_strict(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"b": (1, float("nan")), "a": {2: [float("inf"), -0.1, "é", None, True]}})
    text = path.read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"a": {"2": [None, -0.1, "é", None, True]}, "b": [1, None]}
    assert text.index('"a"') < text.index('"b"')
    assert text.endswith("}\n")
    assert read_json(path) == json.loads(text)


def test_unreadable_json_is_told_from_a_missing_file(tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(StoreError) as caught:
        read_json(path)
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory)"
    path.write_text('{"a": ')
    with pytest.raises(StoreError, match=r"is damaged \(.*\); remove it and run again with --resume"):
        read_json(path)
