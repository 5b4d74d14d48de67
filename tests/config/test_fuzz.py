"""Mutated configurations through `sgmbench validate`: each is valid, or refused with a place; no traceback.

`make bench-reliability` tries 2,000.
"""

import os
import re
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from mutations import mutated
from typer.testing import CliRunner

from sgmbench.cli import app

EXAMPLES = int(os.environ.get("SGMBENCH_EXAMPLES", "200"))
PLACED = re.compile(r"mutated\.yaml(:\d+){1,2}: .+")


@pytest.fixture(scope="module", autouse=True)
def toys():
    """What is installed, in the place of toys."""


@pytest.fixture
def validate(tmp_path, monkeypatch):
    """The command on a file of the text; built once, which else would take most of the time."""
    command = typer.main.get_command(app)
    monkeypatch.setattr("typer.testing._get_command", lambda app: command)
    monkeypatch.chdir(tmp_path)

    def call(text):
        Path("mutated.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        return CliRunner().invoke(app, ["validate", "mutated.yaml"])

    return call


def test_a_mutated_configuration_is_valid_or_refused_with_its_place(validate, record_property):
    counts = {0: 0, 2: 0}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(mutated())
    def holds(text):
        ended = validate(text)
        assert ended.exit_code in counts, ended.exception
        counts[ended.exit_code] += 1
        if ended.exit_code == 0:
            assert ended.stdout.startswith("mutated.yaml: valid\n")
        else:
            said = ended.stderr.removeprefix("sgmbench: ").removesuffix("\n").split("\n")
            assert ended.stdout == ""
            assert [line for line in said if not PLACED.fullmatch(line)] == []

    holds()
    assert sum(counts.values()) >= EXAMPLES
    assert min(counts.values()) > EXAMPLES // 20, counts
    record_property("injected", sum(counts.values()))
    record_property("phases", f"{counts[0]:,} valid, {counts[2]:,} refused")
