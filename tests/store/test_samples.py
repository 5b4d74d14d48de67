import h5py
import numpy as np

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.store.samples import read_samples, write_samples

x, t = Axis("x", "m", (0.1, 0.2, 0.4)), Axis("t", "s", (0.0, 1.0))
LAYOUT = Layout((Field("c", "mol/m^3", (x,)), Field("u", "V", (t, x)), Field("q", "W")))


def test_samples_come_back_with_dimensions_units_and_coordinates(tmp_path):
    rng = np.random.default_rng(0)
    values = {"a": rng.standard_normal((5, 10)), "b": rng.standard_normal((3, 10))}
    write_samples(tmp_path / "samples.nc", values, LAYOUT)
    found = read_samples(tmp_path / "samples.nc")
    assert {n: v.dims for n, v in found.data_vars.items()} == {
        "c": ("condition", "sample", "x"),
        "u": ("condition", "sample", "t", "x"),
        "q": ("condition", "sample"),
    }
    assert {n: found[n].attrs["units"] for n in ("c", "u", "q", "x", "t")} == {
        "c": "mol/m^3",
        "u": "V",
        "q": "W",
        "x": "m",
        "t": "s",
    }
    np.testing.assert_array_equal(found["x"], x.coordinates)
    for name, rows in values.items():
        at = found.sel(condition=name).isel(sample=slice(len(rows)))
        again = np.concatenate([at[f.name].values.reshape(len(rows), -1) for f in LAYOUT.fields], axis=1)
        np.testing.assert_array_equal(again, rows)
    assert np.isnan(found["c"].sel(condition="b").values[3:]).all()


def test_every_variable_has_a_checksum(tmp_path):
    write_samples(tmp_path / "samples.nc", {"a": np.zeros((4, 10))}, LAYOUT)
    with h5py.File(tmp_path / "samples.nc") as file:
        assert {name: file[name].fletcher32 for name in ("c", "u", "q")} == {"c": True, "u": True, "q": True}
