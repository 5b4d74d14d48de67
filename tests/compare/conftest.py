"""One real run of three replicates with two methods, copied for each test."""

import shutil
import sys
from pathlib import Path

import pytest
import small

from sgmbench import api

sys.path.append(str(Path(__file__).parent))  # where `interpreters` are found


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """A run of three replicates with two methods."""
    folder = tmp_path_factory.mktemp("original")
    config = small.write(folder / "a.yaml", replicates=3, keep_samples="none")
    api.run(config, results=folder / "results")
    return folder / "results"


@pytest.fixture
def results(original, tmp_path, monkeypatch):
    """The run under the names `1-old` and `2-new`, in ./results."""
    monkeypatch.chdir(tmp_path)
    (source,) = (original / "line").iterdir()
    for name in ("1-old", "2-new"):
        shutil.copytree(source, Path("results/line") / name)
    return Path("results")
