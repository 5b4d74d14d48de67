"""The cache is not emptied under a run; where it is lost, a run goes on and is verified all the same."""

import shutil

import pytest
from held import held

from sgmbench import api
from sgmbench.errors import UsageError
from sgmbench.store.lock import locked
from sgmbench.store.run_folder import find_run


def test_it_is_not_emptied_while_a_process_is_at_work(copied):
    folder = find_run(copied, "line")
    folder.write_record({**folder.record, "status": "running"})
    before = held(copied)
    with (
        locked(folder.path),
        pytest.raises(UsageError, match=rf"^{folder.path}: process \d+ on \S+ is at work in this"),
    ):
        api.clear_cache(copied)
    assert held(copied) == before
    assert {each.kind for each in api.clear_cache(copied)} == {"fit", "floor", "reference", "runs"}
    assert not (copied / ".cache").exists()


def test_a_run_goes_on_without_it(copied, undisturbed):
    """Its samples are scored against a reference that is made again; what else was there is made where it is needed."""
    shutil.rmtree(copied / ".cache")
    folder = find_run(copied, "line")
    found = api.verify(folder.path, trust=True)
    assert (found.verdict, found.checks[-1].says) == (
        "intact",
        "of 3 cells, computed again from their samples, are the same",
    )
    assert [(each.kind, each.artifacts) for each in api.cached(copied)] == [("reference", 1)]
    for each in ("cells", "references"):
        shutil.rmtree(folder.path / each)
    api.run("a.yaml", results=copied, resume=True)
    assert held(copied) == undisturbed
