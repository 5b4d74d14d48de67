import json
import math

import pytest

from sgmbench.errors import StoreError
from sgmbench.store.checksummed import read_checksummed, write_checksummed

CONTENT = {"a": [1, 2.5, 1e-05, None, True], "b": {"20": "ü", "100": {}}, "seed": 0}


@pytest.fixture
def path(tmp_path):
    write_checksummed(tmp_path / "a.json", CONTENT)
    return tmp_path / "a.json"


def test_content_comes_back_without_its_checksum(tmp_path, path):
    assert read_checksummed(path) == CONTENT
    odd = {"numbers": (math.nan, math.inf, -0.0), 3: {10: "ten", 9: "nine"}}
    write_checksummed(path, odd)
    assert read_checksummed(path) == {"numbers": [None, None, -0.0], "3": {"10": "ten", "9": "nine"}}


def test_no_flipped_bit_makes_another_content(path):
    """It is refused, or means the same, as 1E-05 does; without the name of its checksum it has a key too many."""
    whole, same = path.read_bytes(), 0
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        try:
            found = read_checksummed(path)
        except StoreError:
            continue
        assert {name: found[name] for name in CONTENT} == CONTENT, data.decode()
        assert len(found) == len(CONTENT) or b'"checksum"' not in data
        same += 1
    assert 0 < same < 60


def test_what_is_damaged_is_said_with_its_remedy(path):
    plain = json.loads(path.read_text())
    path.write_text(json.dumps(plain | {"seed": 1}))
    with pytest.raises(StoreError) as caught:
        read_checksummed(path, remedy="write it again")
    assert str(caught.value) == f"{path}: is damaged (it does not have the checksum that it names); write it again"


def test_a_file_older_than_checksums_is_taken_as_it_is(path):
    for older in ({"seed": 2}, [1, 2]):
        path.write_text(json.dumps(older))
        assert read_checksummed(path) == older
