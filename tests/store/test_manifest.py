"""A manifest finds every change of every file, and of itself."""

import json

import pytest

from sgmbench.store.manifest import MANIFEST, Damage, inspect, remove_manifest, renew_in_manifest, write_manifest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.bin").write_bytes(bytes(range(16)))
    (tmp_path / "two.json").write_text("{}\n")
    (tmp_path / "a" / ".half.part").write_text("left behind")
    write_manifest(tmp_path)
    return tmp_path


def test_nothing_has_changed(folder):
    found = inspect(folder)
    assert (found.files, found.damages, found.later) == (2, [], [])


def test_each_flipped_bit_is_found(folder):
    for name in ("a/one.bin", "two.json"):
        whole = (folder / name).read_bytes()
        for bit in range(8 * len(whole)):
            data = bytearray(whole)
            data[bit // 8] ^= 1 << bit % 8
            (folder / name).write_bytes(data)
            assert inspect(folder).damages == [Damage(name, "has changed since the run ended")], (name, bit)
        (folder / name).write_bytes(whole)


def test_each_flipped_bit_of_the_manifest_is_found(folder):
    """Of every third, which are of every place in a byte."""
    whole = (folder / MANIFEST).read_bytes()
    for bit in range(0, 8 * len(whole), 3):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        (folder / MANIFEST).write_bytes(data)
        assert inspect(folder).damages == [Damage(MANIFEST, "does not have the checksum that it names")], bit


def test_a_manifest_that_was_made_to_fit_is_not_one(folder):
    """A checksum of the manifest's own is no protection against intent, but against an edit of one line it is."""
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]["two.json"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert [damage.file for damage in inspect(folder).damages] == [MANIFEST]


def test_files_that_went_and_came(folder):
    (folder / "two.json").unlink()
    (folder / "three.txt").touch()
    found = inspect(folder)
    assert found.damages == [Damage("two.json", "is missing")]
    assert found.later == ["three.txt"]


def test_a_file_made_again_is_noted_anew_and_vouches_for_no_other(folder):
    (folder / "two.json").write_text("[]")
    (folder / "a" / "one.bin").write_text("damaged")
    renew_in_manifest(folder, "two.json")
    assert [damage.file for damage in inspect(folder).damages] == ["a/one.bin"]
    remove_manifest(folder)
    renew_in_manifest(folder, "two.json")
    assert inspect(folder) is None


def test_without_a_manifest_nothing_is_known(folder):
    remove_manifest(folder)
    assert inspect(folder) is None
    remove_manifest(folder)
