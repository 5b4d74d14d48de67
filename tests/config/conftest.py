"""The toys, registered in place of what is installed."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

import pytest

from sgmbench import registry
from sgmbench.config import ConfigError, load

sys.path.append(str(Path(__file__).parent))  # where `toys:Class` is found

TOYS = {
    "problems": {"decay": "Decay", "noise": "Noise"},
    "methods": {"draws": "Draws", "levels": "Levels", "learner": "Learner", "absent": "Absent"},
    "networks": {"small": "Small", "deep": "Deep"},
    "metrics": {"energy": "Energy", "mean": "Mean"},
}
TARGETS = ("conditional", "decomposition", "marginal", "posterior")
BUILT_IN = {name: f"sgmbench.core.target:{name.capitalize()}" for name in TARGETS}


def entries(group):
    values = BUILT_IN if group == "targets" else {name: f"toys:{cls}" for name, cls in TOYS[group].items()}
    return tuple(EntryPoint(name, value, f"sgmbench.{group}") for name, value in sorted(values.items()))


@pytest.fixture(scope="module", autouse=True)
def toys():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "entries", entries)
        patch.setattr(registry, "builtin", lambda group: sorted(TOYS[group]))
        yield


@pytest.fixture
def errors(tmp_path, monkeypatch):
    """The lines that a configuration is refused with."""
    monkeypatch.chdir(tmp_path)

    def of(text, *overrides):
        Path("a.yaml").write_text(dedent(text), encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load("a.yaml", overrides)
        return str(caught.value).splitlines()

    return of


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """A configuration that is accepted."""
    monkeypatch.chdir(tmp_path)

    def of(text, *overrides):
        Path("a.yaml").write_text(dedent(text), encoding="utf-8")
        return load("a.yaml", overrides)

    return of
