import io
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sgmbench.store.cache import Cache, content_of, pack, unpack

names = st.from_regex(r"[a-z_]{1,5}", fullmatch=True)
leaves = st.sampled_from(["float64", "float32", "int64", "uint8", "bool"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
)
nested = st.recursive(
    st.dictionaries(names, leaves, min_size=1, max_size=3),
    lambda inner: st.dictionaries(names, inner | leaves, min_size=1, max_size=3),
    max_leaves=6,
)


def assert_equal(a, b):
    if isinstance(a, dict):
        assert set(a) == set(b)
        for name in a:
            assert_equal(a[name], b[name])
    else:
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, strict=True)


def backwards(content):
    return {k: backwards(content[k]) for k in reversed(content)} if isinstance(content, dict) else content


@settings(max_examples=50)
@given(nested)
def test_pack_and_unpack_are_inverse_and_reproducible(content):
    data = pack(content)
    assert_equal(unpack(data), content)
    assert pack(backwards(content)) == data
    assert pack(unpack(data)) == data


def test_objects_are_neither_pickled_nor_unpickled():
    objects = np.array([{"a": 1}], dtype=object)
    with pytest.raises(ValueError, match="allow_pickle"):
        pack({"a": objects})
    member, buffer = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(member, objects, allow_pickle=True)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", member.getvalue())
    with pytest.raises(ValueError, match="allow_pickle"):
        unpack(buffer.getvalue())


def test_a_content_does_not_depend_on_the_order_of_keys():
    assert content_of({"a": 1, "b": [1, 2]}) == content_of({"b": [1, 2], "a": 1})
    assert content_of({"a": 1, "b": [1, 2]}) != content_of({"a": 1, "b": [2, 1]})
    with pytest.raises(ValueError, match="JSON"):
        content_of({"a": float("nan")})


@pytest.fixture
def cached(tmp_path):
    """Gets one artifact; the list has what was made."""
    made = []

    def make():
        made.append(len(made))
        return {"net": {"w": np.arange(6.0).reshape(2, 3)}}, {"seconds": 1.5}

    def get(description=None):
        arrays, notes = Cache(tmp_path).get("fit", description or {"seed": 0}, make)
        np.testing.assert_array_equal(arrays["net"]["w"], np.arange(6.0).reshape(2, 3))
        assert notes == {"seconds": 1.5}

    return get, made, tmp_path / "fit" / content_of({"seed": 0})


def test_an_artifact_is_made_once_for_each_description(cached):
    get, made, _ = cached
    get()
    get()
    assert len(made) == 1
    get({"seed": 1})
    assert len(made) == 2


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.9])
def test_a_flipped_bit_is_noticed_and_the_artifact_made_again(cached, place):
    get, made, path = cached
    get()
    file = path.with_suffix(".npz")
    whole = file.read_bytes()
    data = bytearray(whole)
    data[int(place * len(data))] ^= 1
    file.write_bytes(data)
    get()
    assert len(made) == 2
    assert file.read_bytes() == whole
    get()
    assert len(made) == 2


@pytest.mark.parametrize("suffix", [".npz", ".json"])
@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_a_missing_or_cut_file_makes_the_artifact_again(cached, suffix, content):
    get, made, path = cached
    get()
    file = path.with_suffix(suffix)
    file.unlink() if content is None else file.write_bytes(content)
    get()
    assert len(made) == 2


def test_no_flipped_bit_of_a_record_is_believed(cached):
    """Notes (seconds, diagnostics) are used as arrays are. Every eleventh bit is flipped, so every place in a byte."""
    get, made, path = cached
    get()
    file = path.with_suffix(".json")
    whole = file.read_bytes()
    for bit in range(0, 8 * len(whole), 11):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        file.write_bytes(data)
        get()
    assert len(made) > 0.9 * 8 * len(whole) / 11
    assert Cache(path.parents[1]).inspect() == (1, [])


def test_damaged_artifacts_are_told_and_half_written_ones_are_none(cached):
    get, _, path = cached
    get()
    get({"seed": 1})
    cache = Cache(path.parents[1])
    assert cache.inspect() == (2, [])
    path.with_suffix(".npz").write_bytes(b"")
    assert cache.inspect() == (1, [path])
    path.with_suffix(".npz").unlink()
    assert cache.inspect() == (1, [path])
    path.with_suffix(".json").unlink()
    assert cache.inspect() == (1, [])


def test_what_is_made_is_given_as_it_will_be_read(tmp_path):
    """Whether an artifact was there changes neither numbers nor their kinds."""

    def make():
        notes = {"nothing": float("nan"), "pair": (1, 2), "of": {10: 1.0}}
        return {"a": {"list": [1.0, 2.0], "device": jnp.arange(3)}, "number": 2}, notes

    first, second = (Cache(tmp_path).get("fit", {"seed": 0}, make) for _ in range(2))
    assert_equal(first[0], second[0])
    assert first[1] == second[1] == {"nothing": None, "pair": [1, 2], "of": {"10": 1.0}}


def test_two_processes_that_make_the_same_leave_it_whole(tmp_path):
    """Arrays of one beside the record of the other, as where one writes between the other's two files, are not read."""
    one, other = Cache(tmp_path / "one"), Cache(tmp_path / "other")
    description = {"seed": 0}
    for cache, value in ((one, 1.0), (other, 2.0)):
        cache.get("fit", description, lambda value=value: ({"a": np.array(value)}, {"by": value}))
    name = content_of(description)
    (tmp_path / "one" / "fit" / f"{name}.npz").write_bytes((tmp_path / "other" / "fit" / f"{name}.npz").read_bytes())
    arrays, notes = one.get("fit", description, lambda: ({"a": np.array(3.0)}, {"by": 3.0}))
    assert (float(arrays["a"]), notes["by"]) == (3.0, 3.0)

    def while_another_does():
        one.get("fit", {"seed": 1}, lambda: ({"a": np.array(4.0)}, {"by": 4.0}))
        return {"a": np.array(5.0)}, {"by": 5.0}

    assert one.get("fit", {"seed": 1}, while_another_does)[1] == {"by": 5.0}
    arrays, notes = one.get("fit", {"seed": 1}, lambda: pytest.fail("it is there"))
    assert float(arrays["a"]) == notes["by"] == 5.0
