"""A baseline that somebody sent is read as far as it is one, and leads nowhere."""

import json
from pathlib import Path

import pytest

from sgmbench import api
from sgmbench.compare.baseline import SCHEMA, read_baseline
from sgmbench.errors import StoreError, UsageError

AGAIN = "write it again with sgmbench baseline RUN"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, f"is no baseline; {AGAIN}"),
        ('{"schema": 1, "cells": ' + '{"a": ' * 60 + "1" + "}" * 61, f"is no baseline; {AGAIN}"),
        ('{"schema": 1, "cells": {"a": NaN}}', f"is no baseline; {AGAIN}"),
        ('{"schema": ' + "9" * 400 + "}", f"is no baseline; {AGAIN}"),
        ('{"schema": "<b>"}', f"a baseline of schema <b>; this version reads 1: {AGAIN}"),
    ],
    ids=["nesting", "deep cells", "no number", "digits", "no schema"],
)
def test_a_bomb_is_no_baseline(text, said):
    Path("a.json").write_text(text)
    with pytest.raises(UsageError) as refused:
        read_baseline(Path("a.json"))
    assert str(refused.value) == f"a.json: {said}"


def test_a_baseline_of_an_experiment_elsewhere_finds_no_run():
    names = {name: {} for name in ("asked", "metrics", "tolerated", "environment", "cells")}
    content = {"schema": SCHEMA, "experiment": "../x", "primary": "energy", "scatters": [], **names}
    Path("a.json").write_text(json.dumps(content))
    with pytest.raises(StoreError) as refused:
        api.compare(baseline="a.json")
    assert str(refused.value) == "results: names '../x', which no file in it can have; it is damaged, or no run"
