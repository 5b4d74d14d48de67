import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgmbench.config.document import LARGEST, DocumentError, read, write

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1.5e-3", 1.5e-3),
        ("1E5", 1e5),
        (".1", 0.1),
        ("+.5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("25", 25),
        ("-3", -3),
        ("010", 10),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("True", "True"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = read(f"a: {text}").value["a"]
    assert found == value
    assert type(found) is type(value)


@given(PLAIN)
def test_read_inverts_write(value):
    assert read(write(value)).value == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from("eE"))
def test_every_python_float_is_a_number(value, exponent):
    assert read(f"a: {value!r}".replace("e", exponent) if "e" in repr(value) else f"a: {value!r}").value["a"] == value


def test_places_are_those_of_values_and_keys():
    document = read("a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert document.values == {
        (): (1, 1),
        ("a",): (1, 4),
        ("b",): (3, 3),
        ("b", 0): (3, 5),
        ("b", 1): (4, 5),
        ("b", 1, "c"): (4, 9),
    }
    assert document.keys[("b", 1, "c")] == (4, 6)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: &x 1\nb: *x", (1, 4), "anchors (&) and aliases (*) are not supported; write the value out"),
        ("a: 1\nb: *x", (2, 4), "anchors (&) and aliases (*) are not supported; write the value out"),
        ("a: !!int 3", (1, 4), "tags (tag:yaml.org,2002:int) are not supported; write the plain value"),
        ("a: !x 3", (1, 4), "tags (!x) are not supported; write the plain value"),
        ("a: [1, 2", (1, 9), "not valid YAML: expected ',' or ']', but got '<stream end>'; close the list with ]"),
        ("a:\n\tb: 1", (2, 1), "a tab; indent with spaces"),
        (
            "a: b: c",
            (1, 5),
            "not valid YAML: mapping values are not allowed here; quote text that has a colon in it, "
            "or begin a new line",
        ),
        ("a: 1\n---\nb: 2", (2, 1), "a second document (---) begins; keep one document a file"),
        ("a: " + "[" * 30, (1, 23), "more than 20 levels of nesting; a configuration needs fewer"),
        ("a:\n  b\0", (2, 4), "the character U+0000 is not allowed; remove it"),
        ("#" * (LARGEST + 1), (1, 1), "more than 1,000,000 bytes; a configuration is a few kilobytes of text"),
    ],
)
def test_reading_stops_where_it_cannot_go_on(text, place, message):
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert (caught.value.fault.place, caught.value.fault.text) == (place, message)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3", (3, 1), "this key is already on line 1; keep one of them"),
        ("1: a", (1, 1), "this key is not text; write a name, or put it in quotes"),
        ("true: a", (1, 1), "this key is not text; write a name, or put it in quotes"),
        ("<<: {a: 1}", (1, 1), "merge keys (<<) are not supported; write the keys out"),
        ("? [a]\n: 1", (1, 3), "a list or a mapping cannot be a key; write a name"),
        ("a: " + "9" * 5000, None, "a number of 5000 digits is too long; write fewer"),
    ],
)
def test_reading_goes_past_what_it_can(text, place, message):
    (fault,) = read(text).faults
    assert (fault.place, fault.text) == (place, message)


def test_the_first_of_two_equal_keys_counts():
    assert read("a: 1\na: 2").value == {"a": 1}
