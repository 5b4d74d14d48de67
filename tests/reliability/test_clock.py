"""Clocks are set back while a run is at work, and between runs."""

import itertools
import time
from datetime import datetime, timedelta

from held import held

from sgmbench import api
from sgmbench.store import run_folder
from sgmbench.store.run_folder import RunFolder, find_run, runs_of


def test_no_number_of_a_run_is_read_from_the_wall_clock(here, undisturbed, monkeypatch):
    """It goes back by a day each time that it is read."""
    back = itertools.count(time.time(), -86400.0)
    monkeypatch.setattr(time, "time", lambda: next(back))
    results = here / "results"
    answer = api.run("a.yaml", results=results)
    assert held(results) == undisturbed
    for result in answer.summary.results:
        assert all(0 <= seconds < 100 for seconds in result.cost.seconds.values())
        assert result.cost.cold > 0


class Back(datetime):
    """A clock that is a year late."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - timedelta(days=365)


def test_the_newest_run_is_the_one_that_began_last(tmp_path, monkeypatch):
    record = {"configuration": {"seed": 0}, "cells": []}
    made = [RunFolder.create(tmp_path, "line", record)]
    monkeypatch.setattr(run_folder, "datetime", Back)
    made += [RunFolder.create(tmp_path, "line", record) for _ in range(2)]
    assert [run.path for run in runs_of(tmp_path)] == [run.path for run in made]
    assert find_run(tmp_path, "line").path == made[-1].path
    first, second, third = (datetime.strptime(run.record["started"], run_folder.TIME) for run in made)
    assert (second - first, third - second) == (timedelta(seconds=1), timedelta(seconds=1))


def test_two_runs_that_begin_in_one_moment_have_folders_of_their_own(tmp_path, monkeypatch):
    """The second finds the name taken after it has chosen it."""
    names = iter(["20260101T000000", "20260101T000000", "20260101T000001"])
    monkeypatch.setattr(run_folder, "_next_time", lambda runs: next(names))
    record = {"configuration": {"seed": 0}, "cells": []}
    made = [RunFolder.create(tmp_path, "line", record) for _ in range(2)]
    assert [run.path.name.partition("-")[0] for run in made] == ["20260101T000000", "20260101T000001"]
    assert sorted(path.name for path in (tmp_path / "line").iterdir()) == sorted(run.path.name for run in made)
