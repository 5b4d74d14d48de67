"""Mutated configurations: each is valid, or refused line by line with its place; nothing else is ever raised.

300 examples as a rule; SGMBENCH_FUZZ=2000 for more.
"""

import os
import re
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sgmbench.config import ConfigError, is_series, load, load_series
from sgmbench.config.document import read, write

EXAMPLES = int(os.environ.get("SGMBENCH_FUZZ", "300"))
CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
TEXTS = [path.read_text() for path in CONFIGS]
PLACED = re.compile(r"mutated\.yaml(:\d+){0,2}: .+")

NUMBERS = [0, -1, 1, 0.5, -1e-300, 1e308, 10**15, -(10**30), 10**400, float("nan"), float("inf")]
WORDS = [
    "",
    " ",
    "kind",
    "null",
    "monte_carlo",
    "diffusion",
    "no",
    "ä\u2028ö",
    "\U0001f600",
    "a:B",
    "os:system",
    "x" * 300,
]
NESTED = [[], {}, [[]], [[[[1]]]], {"kind": "mlp"}, {"kind": ["mlp"]}, {"kind": {"kind": "mlp"}}, {"": 1}, [None], True]
LINES = [
    "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "<<: {name: x}\n",
    "name: twice\n",
    "\tname: tab\n",
    "? [complex, key]\n: value\n",
    "--- \nanother: document\n",
    "tagged: !!python/object/apply:os.system [ls]\n",
    "deep: " + "[" * 60 + "]" * 60 + "\n",
    "control: \x07\n",
    "1: number\n",
]


@pytest.fixture(scope="module", autouse=True)
def toys():
    """What is installed, in the place of toys."""


def places(value, path=()):
    """Every path of plain data."""
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        found += places(item, (*path, key))
    return found


def mutate(draw, document):
    """One change at a random place: dropped, renamed, retyped, repeated, or moved."""
    known = places(document)
    if not known:
        return
    *way, key = draw(st.sampled_from(known))
    parent = document
    for each in way:
        parent = parent[each]
    value = parent[key]
    match draw(st.sampled_from(["drop", "rename", "number", "word", "nested", "wrap", "repeat", "other"])):
        case "drop":
            del parent[key]
        case "rename" if isinstance(parent, dict):
            parent[draw(st.sampled_from([f"{key}s", str(key)[1:], "kind", "label", "ä"]))] = parent.pop(key)
        case "number":
            parent[key] = draw(st.sampled_from(NUMBERS))
        case "word":
            parent[key] = draw(st.sampled_from(WORDS) | st.text(max_size=20))
        case "nested":
            parent[key] = deepcopy(draw(st.sampled_from(NESTED)))
        case "wrap":
            parent[key] = [value]
        case "repeat" if isinstance(parent, list):
            parent.append(deepcopy(value))
        case _:
            parent[key] = draw(st.none() | st.booleans() | st.integers() | st.floats())


@st.composite
def mutated(draw):
    """A shipped configuration with some changes of its data, or of its text."""
    text = draw(st.sampled_from(TEXTS))
    if draw(st.booleans()):
        document = read(text).value
        for _ in range(draw(st.integers(1, 3))):
            mutate(draw, document)
        return write(document)
    at = draw(st.integers(0, len(text)))
    if draw(st.booleans()):
        lines = text.splitlines(keepends=True)
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(LINES)))
        return "".join(lines)
    return (
        text[:at]
        + draw(st.sampled_from(["", "\0", "{", "]", ": ", "- ", "'", "#", "\ufeff", "&a ", "*a"]))
        + text[at + 1 :]
    )


def told(path):
    """What a configuration is refused with; nothing of a valid one."""
    try:
        load_series(path) if is_series(path) else load(path)
    except ConfigError as error:
        return error.lines or ("refused without a word",)
    return ()


def test_a_mutated_configuration_is_valid_or_refused_with_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    counts = {"valid": 0, "refused": 0}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(mutated())
    def holds(text):
        path = Path("mutated.yaml")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        lines = told(path)
        counts["refused" if lines else "valid"] += 1
        assert [line for line in lines if not PLACED.fullmatch(line)] == []

    holds()
    assert sum(counts.values()) >= EXAMPLES
    assert min(counts.values()) > EXAMPLES // 20, counts
