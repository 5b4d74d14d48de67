"""What is wrong with a file of runs, and what to do: word for word."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sgmbench.errors import UsageError
from sgmbench.problems.dataset import DataSet

N = 40
GOOD = {
    "a": np.linspace(0, 1, N),
    "b": np.linspace(0, 1, N) ** 2,
    "u": np.arange(N * 3.0).reshape(N, 3),
    "x": np.array([1.0, 2.0, 3.0]),
}
NAMED = {"z": ("a", "b"), "y": ("u",)}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def with_nan(name, *rows):
    values = np.array(GOOD[name])
    values[list(rows)] = np.nan
    return values


# What the file has beside or in place of the good arrays, what is written about it, and what is said.
CASES = {
    "a name that is missing": (
        {},
        {"z": ("a", "bb"), "y": ("u",)},
        "has no variable 'bb' (did you mean b?), which is named in z; it has a, b, u, x",
    ),
    "a name that nothing is like": (
        {},
        {"z": ("a",), "y": ("velocity",)},
        "has no variable 'velocity', which is named in y; it has a, b, u, x",
    ),
    "a name that the file gives": (
        {"z": ["a", "c"], "y": ["u"], **GOOD},
        {},
        "has no variable 'c', which is named in z; it has a, b, u, x, z, y",
    ),
    "no names at all": ({}, {}, "names no fields; write y: [...] with some of its variables (it has a, b, u, x)"),
    "a name twice": ({}, {"z": ("a", "u"), "y": ("u",)}, "u is named twice in z and y; name it once"),
    "rows that do not match": (
        {"b": np.zeros(39)},
        NAMED,
        "b has 39 rows where a has 40; the first dimension of each counts the runs",
    ),
    "a single number": (
        {"b": 3.0},
        NAMED,
        "b has shape (); write an array whose first dimension counts the runs",
    ),
    "no rows": ({"a": np.zeros(0)}, NAMED, "a has shape (0,); write an array whose first dimension counts the runs"),
    "parameters in a cube": (
        {"b": np.ones((N, 2, 2))},
        NAMED,
        "b has shape (40, 2, 2); a variable of z is [runs] or [runs, parameters]",
    ),
    "two parameters of one name": (
        {"b": np.ones((N, 2)), "b1": np.ones(N)},
        {"z": ("b", "b1"), "y": ("u",)},
        "two parameters would be named b1; rename a variable of z",
    ),
    "text": ({"b": np.array(["x"] * N)}, NAMED, "b holds <U1, not real numbers; write it as float64"),
    "complex numbers": ({"u": np.ones(N) * 1j}, NAMED, "u holds complex128, not real numbers; write it as float64"),
    "pickled objects": (
        {"u": np.array([{"v": i} for i in range(N)], object)},
        NAMED,
        "u is an array of Python objects, which only unpickling could read; save numbers instead",
    ),
    "NaN": (
        {"u": with_nan("u", 3, 17), "b": with_nan("b", 17)},
        NAMED,
        "2 of 40 runs have NaN or infinity in b and u (rows 3, 17, counted from 0); remove them, or write "
        "failed_runs: count, and they are failed runs, paid for and not used",
    ),
    "much NaN": (
        {"u": with_nan("u", *range(9))},
        NAMED,
        "9 of 40 runs have NaN or infinity in u (rows 0, 1, 2, 3, 4, ..., counted from 0); remove them, or write "
        "failed_runs: count, and they are failed runs, paid for and not used",
    ),
    "a constant parameter": (
        {"b": np.ones(N)},
        NAMED,
        "b has no two values in what is not held out; leave it out of z",
    ),
    "a range that is too narrow": (
        {},
        {**NAMED, "ranges": {"a": (0.2, 2.0)}},
        "a is from 0.128205 to 1, which is not in [0.2, 2]; widen its range",
    ),
    "a range of nothing": ({}, {**NAMED, "ranges": {"c": (0.0, 1.0)}}, "ranges: 'c' is no parameter; there are a, b"),
    "axes of nothing": ({}, {**NAMED, "axes": {"v": ("x",)}}, "axes are given for 'v', which is no field; write u"),
    "too many axes": (
        {},
        {**NAMED, "axes": {"u": ("x", "y")}},
        "axes of u are x, y, but it has shape (40, 3); name one a dimension after the first",
    ),
    "an axis that is missing": (
        {},
        {**NAMED, "axes": {"u": ("xx",)}},
        "has no variable 'xx' (did you mean x?), which is named in axes; it has a, b, u, x",
    ),
    "an axis of another length": (
        {"x": np.arange(4)},
        {**NAMED, "axes": {"u": ("x",)}},
        "the axis x has shape (4,); write 3 coordinates",
    ),
    "an axis that goes back and forth": (
        {"x": np.array([1.0, 3.0, 2.0])},
        {**NAMED, "axes": {"u": ("x",)}},
        "the axis x does not increase or decrease throughout; write its coordinates in order",
    ),
    "a unit of nothing": (
        {},
        {**NAMED, "units": {"w": "m"}},
        "a unit is given for 'w', which is not used; write a, b, u, u_1",
    ),
    "a name that is taken": (
        {"sample": GOOD["u"]},
        {"y": ("sample",)},
        "'sample' cannot name a field or an axis beside the others; rename it",
    ),
    "too little": (
        {"y": np.arange(5.0)},
        {"z": (), "y": ("y",), "held_out": 0.9},
        "has 5 runs, and held_out: 0.9 keeps 4; there are too few",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_with_the_contents(case):
    arrays, written, said = CASES[case]
    np.savez("runs.npz", **{**GOOD, **arrays})
    with pytest.raises(UsageError) as caught:
        DataSet("runs.npz", **written)
    assert str(caught.value) == f"runs.npz: {said}"


def test_a_file_that_is_not_there():
    with pytest.raises(UsageError) as caught:
        DataSet("no/runs.npz")
    assert str(caught.value) == (
        f"no/runs.npz: no such file in {Path.cwd()}; paths are relative to the working directory"
    )


@pytest.mark.parametrize("path", ["runs.csv", "runs", "runs.npz.gz", "runs.pickle"])
def test_a_format_that_is_not_known(path):
    Path(path).write_bytes(b"1,2,3")
    with pytest.raises(UsageError) as caught:
        DataSet(path)
    assert str(caught.value) == (
        f"{path}: runs are read from .npz (numpy.savez), .nc (NetCDF) and .zarr; write them as one of these"
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a.npz", "a.npz: is no .npz archive, or a damaged one; write it with numpy.savez"),
        ("a.nc", "a.nc: cannot be read as NetCDF (OSError: "),
        ("a.zarr", "a.zarr: a .zarr store is a folder, an .npz or .nc file is none; name the right one"),
    ],
)
def test_a_file_that_is_something_else(path, said):
    Path(path).write_bytes(pickle.dumps(GOOD))
    with pytest.raises(UsageError) as caught:
        DataSet(path)
    assert str(caught.value).startswith(said)


def test_a_folder_that_is_no_store():
    Path("a.zarr").mkdir()
    with pytest.raises(UsageError, match=r"^a\.zarr: cannot be read as Zarr \(\w+: .+\); write it with xarray$"):
        DataSet("a.zarr")


def test_an_array_that_is_damaged():
    np.savez("runs.npz", **GOOD)
    data = bytearray(Path("runs.npz").read_bytes())
    data[data.index(GOOD["u"].tobytes()) + 100] ^= 8
    Path("runs.npz").write_bytes(data)
    with pytest.raises(UsageError, match=r"^runs\.npz: u is damaged \(Bad CRC-32 .+\); write the file again$"):
        DataSet("runs.npz", **NAMED)


def test_nothing_is_unpickled_even_where_it_is_not_used():
    """An object array beside the named ones is never touched."""

    np.savez("runs.npz", **GOOD, evil=np.array([Bomb()], object))
    assert len(DataSet("runs.npz", **NAMED).pool.y) == N
    assert not Path("exploded").exists()


class Bomb:
    """What unpickling makes it touch is seen."""

    def __reduce__(self):
        return Path("exploded").touch, ()


def test_zarr_without_its_package_says_what_to_install(monkeypatch):
    xr.Dataset({"y": ("run", np.arange(9.0))}).to_zarr("runs.zarr", consolidated=False)
    monkeypatch.setattr("sgmbench.problems.recording.zarr.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        DataSet("runs.zarr")
    assert str(caught.value) == "runs.zarr: reading Zarr takes the package zarr; pip install 'sgmbench[zarr]'"
