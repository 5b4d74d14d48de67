"""A file of runs that somebody sent runs nothing, and what it claims is believed only as far as it is there."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sgmbench.errors import UsageError
from sgmbench.problems.dataset import DataSet


class Mine:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return open, ("unpickled", "w")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert not os.path.exists("unpickled")


def refused(path):
    with pytest.raises(UsageError) as caught:
        _ = DataSet(path, z=("a",), y=("u",)).layout
    return str(caught.value)


def with_header(header):
    """An archive whose `a` has a header and next to no data, as a bomb has."""
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, header)
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("a.npy", member.getvalue() + bytes(8))
        archive.writestr("u.npy", member.getvalue() + bytes(8))


def test_numbers_that_would_not_fit_into_memory(folder):
    with_header({"shape": (2**55,), "fortran_order": False, "descr": "<f8"})
    said = refused("a.npz")
    assert said.startswith("a.npz: a does not fit into memory (")
    assert said.endswith("); write fewer runs, or a damaged file again")


def test_objects_of_an_archive_are_not_unpickled(folder):
    with_header({"shape": (1,), "fortran_order": False, "descr": "|O"})
    np.savez("b.npz", a=np.array([Mine()], dtype=object), u=np.zeros(1))
    for path in ("a.npz", "b.npz"):
        assert refused(path) == (
            f"{path}: a is an array of Python objects, which only unpickling could read; save numbers instead"
        )


@pytest.mark.parametrize("dtype", ["|O", "<f8"])
def test_filters_of_a_zarr_store_are_not_unpickled(folder, dtype):
    """Version 2 of the format has a filter for that."""
    pytest.importorskip("zarr")
    for name in ("a", "u"):
        array = Path("a.zarr") / name
        array.mkdir(parents=True)
        meta = {"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": dtype, "order": "C", "fill_value": 0}
        meta |= {"compressor": None, "filters": [{"id": "pickle", "protocol": 5}]}
        (array / ".zarray").write_text(json.dumps(meta))
        (array / ".zattrs").write_text(json.dumps({"_ARRAY_DIMENSIONS": ["run"]}))
        (array / "0").write_bytes(pickle.dumps(Mine()))
    Path("a.zarr/.zgroup").write_text(json.dumps({"zarr_format": 2}))
    assert refused("a.zarr").startswith("a.zarr: ")
