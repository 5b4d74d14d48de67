"""A run that nobody disturbs, and what it is `held` against, importable by name."""

import shutil
import sys
from pathlib import Path

import pytest
import small

from sgmbench import api

sys.path.append(str(Path(__file__).parent))

TRAINING = {"steps": 120, "warmup": 10, "evaluate_every": 20, "patience": 100}
LEARNER = {"kind": "learner:Learner", "label": "learner", "training": TRAINING}
CHANGES = {"methods": ["monte_carlo", "bootstrap", LEARNER], "metrics": ["energy", "mean"], "keep_samples": "all"}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Its folder, with a.yaml and results."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
        api.run(small.write(folder / "a.yaml", **CHANGES), results=folder / "results")
    return folder


@pytest.fixture(scope="session")
def undisturbed(made):
    """What its results hold."""
    from held import held

    return held(made / "results")


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """An empty working directory but for the same configuration; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    shutil.copy(made / "a.yaml", "a.yaml")
    return tmp_path


@pytest.fixture
def copied(made, here):
    """A copy of its results."""
    shutil.copytree(made / "results", "results")
    return Path("results")
