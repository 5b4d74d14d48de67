"""Recorded runs: every format gives the same, and the split into truth and replicates keeps its word."""

import hashlib
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from sgmbench.core.part import held_out, runs, training
from sgmbench.core.prior import Empirical, Uniform
from sgmbench.core.problem import uniform_coordinates
from sgmbench.problems.dataset import DataSet

N = 60
X = np.array([0.1, 0.3, 0.5, 0.9])
NAMES = {"z": ("a", "b"), "y": ("u", "q")}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def columns(seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, N), rng.exponential(size=N)
    return {"a": a, "b": b, "u": a[:, None] * X + rng.standard_normal((N, 4)), "q": rng.standard_normal(N)}


def as_xarray(arrays):
    variables = {
        name: (["run", "x"] if values.ndim == 2 else ["run"], values, {"units": "V"}) for name, values in arrays.items()
    }
    attributes = {which: list(names) for which, names in NAMES.items()}
    return xr.Dataset(variables, {"x": ("x", X, {"units": "m"})}, attributes)


def rows(part):
    """Each run by its value of a, which none shares with another."""
    return set(part.pool.z[:, 0].tolist())


def test_every_format_gives_the_same_runs():
    arrays = columns()
    np.savez("runs.npz", x=X, **arrays)
    dataset = as_xarray(arrays)
    dataset.to_netcdf("runs.nc", engine="h5netcdf")
    dataset.drop_attrs(deep=False).to_netcdf("old.nc", engine="scipy")  # which has no lists of text
    dataset.to_zarr("runs.zarr", consolidated=False)
    units = dict.fromkeys(("a", "b", "u", "q"), "V") | {"x": "m"}
    first, *others = [
        DataSet("runs.npz", **NAMES, axes={"u": ("x",)}, units=units),
        DataSet("runs.nc"),
        DataSet("old.nc", **NAMES),
        DataSet("runs.zarr"),
    ]
    assert [(p.name, p.unit) for p in first.parameters] == [("a", "V"), ("b", "V")]
    u, q = first.layout.fields
    assert (u.axes[0].coordinates, u.axes[0].unit, q.axes) == (tuple(X.tolist()), "m", ())
    for other in others:
        assert other.layout == first.layout
        np.testing.assert_array_equal(other.pool.z, first.pool.z)
        np.testing.assert_array_equal(other.pool.y, first.pool.y)
    assert len({each.content for each in (first, *others)}) == 4


def test_the_rows_are_those_of_the_file_each_whole():
    arrays = columns()
    np.savez("runs.npz", **arrays)
    pool = DataSet("runs.npz", **NAMES).pool
    assert pool.z.shape == (N, 2)
    order = [int(np.flatnonzero(arrays["a"] == a)[0]) for a in pool.z[:, 0]]
    assert sorted(order) == list(range(N)) != order
    np.testing.assert_array_equal(pool.z[:, 1], arrays["b"][order])
    np.testing.assert_array_equal(pool.y, np.column_stack([arrays["u"], arrays["q"]])[order])


def test_names_are_those_of_the_file_unless_others_are_written():
    arrays = columns()
    np.savez("named.npz", z=["b"], y=["q"], **arrays)
    file = DataSet("named.npz")
    assert ([p.name for p in file.parameters], [f.name for f in file.layout.fields]) == (["b"], ["q"])
    written = DataSet("named.npz", z=(), y=("u",))
    assert (written.parameters, [f.name for f in written.layout.fields]) == ((), ["u"])
    np.savez("matrices.npz", z=np.column_stack([arrays["a"], arrays["b"]]), y=arrays["u"])
    matrices = DataSet("matrices.npz")
    assert [p.name for p in matrices.parameters] == ["z1", "z2"]
    assert matrices.layout.fields[0].axes[0].coordinates == (0, 1, 2, 3)
    np.testing.assert_array_equal(matrices.pool.z, DataSet("named.npz", **NAMES).pool.z)


def test_truth_and_replicates_share_no_row():
    np.savez("runs.npz", **columns())
    problem = DataSet("runs.npz", **NAMES, held_out=0.4)
    assert problem.held_out_runs == 24
    parts = [held_out(problem), *(runs(problem, r, 5) for r in range(5))]
    assert [len(part.pool.y) for part in parts] == [24, 7, 7, 7, 7, 7]
    assert len(set.union(*map(rows, parts))) == 24 + 5 * 7


def test_the_split_is_random_fixed_and_free_of_the_order_in_the_file():
    np.savez("runs.npz", **columns())
    problem = DataSet("runs.npz", **NAMES)
    assert rows(held_out(problem)) == rows(held_out(DataSet("runs.npz", **NAMES)))
    others = [rows(held_out(DataSet("runs.npz", **NAMES, split_seed=seed))) for seed in range(1, 200)]
    each = [len(rows(held_out(problem)) & other) for other in others]
    # Two random halves of 60 share 15 with the variance of the hypergeometric law, 60 / 16 60 / 59.
    assert np.mean(each) == pytest.approx(15, abs=4 * np.sqrt(60 / 16 * 60 / 59 / len(each)))


def test_the_prior_is_the_law_of_what_is_not_held_out_or_the_range_that_is_known():
    np.savez("runs.npz", **columns())
    problem = DataSet("runs.npz", **NAMES, ranges={"a": (-1.0, 1.0)})
    (a, b), rest = problem.parameters, training(problem).pool.z
    assert a.prior == Uniform(-1.0, 1.0)
    assert isinstance(b.prior, Empirical)
    assert b.prior.support == (rest[:, 1].min(), rest[:, 1].max())
    u = np.asarray(uniform_coordinates(problem, jnp.asarray(rest)))
    np.testing.assert_allclose(np.sort(u[:, 1]), np.linspace(-1, 1, len(rest)), atol=1e-12)
    np.testing.assert_allclose(u[:, 0], rest[:, 0], atol=1e-12)
    everything = np.asarray(uniform_coordinates(problem, jnp.asarray(problem.pool.z)))
    assert np.abs(everything).max() <= 1


def test_failed_runs_are_counted_where_that_is_wanted():
    arrays = columns()
    arrays["u"][[3, 17], 2], arrays["b"][40] = np.nan, np.inf
    np.savez("runs.npz", **arrays)
    problem = DataSet("runs.npz", **NAMES, failed_runs="count")
    bad = np.isnan(problem.pool.y)
    assert set(problem.pool.z[bad.all(axis=1), 0]) == set(arrays["a"][[3, 17, 40]])
    assert (bad.any(axis=1) == bad.all(axis=1)).all()
    assert np.isfinite([parameter.prior.support for parameter in problem.parameters]).all()


def test_the_checksum_is_that_of_the_file_and_changes_with_it():
    np.savez("runs.npz", **columns())
    before = DataSet("runs.npz", **NAMES)
    assert before.content == hashlib.sha256(Path("runs.npz").read_bytes()).hexdigest()
    old = before.pool.y.copy()
    np.savez("runs.npz", **columns(seed=1))
    after = DataSet("runs.npz", **NAMES)
    assert after.content != before.content
    assert after != before
    np.testing.assert_array_equal(before.pool.y, old)  # what was read stays as it is
    assert not np.any(after.pool.y == old)


def test_the_checksum_of_a_store_is_that_of_all_its_files():
    as_xarray(columns()).to_zarr("runs.zarr", consolidated=False)
    before = DataSet("runs.zarr").content
    assert DataSet("runs.zarr").content == before
    as_xarray(columns(seed=1)).to_zarr("runs.zarr", mode="w", consolidated=False)
    assert DataSet("runs.zarr").content != before


def test_fields_of_several_dimensions_are_whole_numbers_too():
    values = np.arange(N * 6).reshape(N, 2, 3)
    np.savez("runs.npz", y=values, rows=[1, 2], across=[3.0, 2.0, 0.0])
    problem = DataSet("runs.npz", axes={"y": ("rows", "across")})
    (field,) = problem.layout.fields
    assert [axis.coordinates for axis in field.axes] == [(1, 2), (3, 2, 0)]
    assert problem.pool.y.dtype == "float64"
    np.testing.assert_array_equal(np.sort(problem.pool.y[:, 0]), np.arange(N) * 6)
