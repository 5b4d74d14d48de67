"""What a kept plan forecasts of each cell is the plan's own seconds, of what is not there yet."""

import json
from pathlib import Path

import pytest
import small

from sgmbench import api
from sgmbench.config.load import load
from sgmbench.runner import plan as planning
from sgmbench.runner.forecast import forecast
from sgmbench.runner.pace import CellPace, Paces, RunsPace, TruthPace
from sgmbench.runner.run import cache_of

CACHE = cache_of(Path("results"))


class Listener:
    """Remembers what it was told to expect, and in what order cells came."""

    def __init__(self):
        self.expected, self.cells = {}, []

    def expect(self, phase, seconds):
        self.expected[phase] = list(seconds)

    def __call__(self, phase, done, total, note=""):
        if phase == "cells":
            self.cells.append(note)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Two cells that learn and two that do not, at one target; every part takes a known time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    truth = TruthPace(cold=1.0, run=0.25, scoring=0.125, size=60, exponent=1.0)
    paces = {
        "monte_carlo": CellPace(budget=20, size=60, each=4.0),
        "bootstrap": CellPace(budget=20, size=60, fixed=1.0, fit=2.0),
    }
    found = Paces(RunsPace(0.25, 0.5), {"marginal": truth}, {"marginal": paces})
    monkeypatch.setattr(planning, "rehearse", lambda *_: found)
    return small.write(Path("a.yaml"), budgets=[20], metrics=["energy"], replicates=2)


def test_cells_are_forecast_as_they_are_planned(config):
    (plan,) = api.plan(config)
    experiment = load(config).experiment
    seconds = forecast(experiment, CACHE)
    assert sum(seconds) == pytest.approx(plan.seconds)
    truth = next(row.seconds for row in plan.rows if row.part == "truth")
    runs = 0.25 + 20 * 0.5
    assert seconds == pytest.approx([4.0 + truth, 3.0 + runs, 4.0, 3.0 + runs])


def test_a_run_is_told_them_in_the_order_of_its_cells(config):
    api.plan(config)
    told = Listener()
    seconds = forecast(load(config).experiment, CACHE)
    api.run(config, progress=told)
    assert told.expected == {"cells": seconds}
    assert [name.split(".")[1] for name in told.cells[:4]] == ["monte_carlo", "bootstrap"] * 2


def test_what_is_there_by_then_is_forecast_no_more(config):
    api.plan(config)
    api.run(config)
    truth_is_read, fit_is_read = 0.125, 1.0
    seconds = forecast(load(config).experiment, CACHE)
    assert seconds == pytest.approx([4.0 + truth_is_read, fit_is_read, 4.0, fit_is_read])


def test_without_a_plan_or_after_another_nothing_is_forecast(config):
    told = Listener()
    assert forecast(load(config).experiment, CACHE) == []
    api.plan(config)
    assert forecast(load(config, ["replicates=3"]).experiment, CACHE) == []
    assert forecast(load(config, ["timeout=60"]).experiment, CACHE) != []
    api.run(config, overrides=["replicates=3"], progress=told)
    assert told.expected == {}


def test_a_damaged_or_a_foreign_plan_is_none(config):
    api.plan(config)
    (kept,) = Path("results/.cache/pace").glob("*.json")
    whole = kept.read_text()
    kept.write_text(whole.replace("0.25", "0.26"))
    assert forecast(load(config).experiment, CACHE) == []
    kept.write_text('{"notes": {"runs": {"another": 1}}}')
    assert forecast(load(config).experiment, CACHE) == []
    foreign = json.loads(whole)
    del foreign["checksum"]
    for budget in (0, "20"):
        foreign["notes"]["methods"]["marginal"]["monte_carlo"]["budget"] = budget
        kept.write_text(json.dumps(foreign))
        assert forecast(load(config).experiment, CACHE) == []


def test_a_plan_of_a_part_that_is_not_estimated_forecasts_nothing(config, monkeypatch):
    failed = {"monte_carlo": CellPace(20, 60), "bootstrap": CellPace(20, 60, failed="it fails")}
    truth = TruthPace(cold=1.0, run=0.25, scoring=0.125, size=60, exponent=1.0)
    paces = Paces(RunsPace(0.25, 0.5), {"marginal": truth}, {"marginal": failed})
    monkeypatch.setattr(planning, "rehearse", lambda *_: paces)
    api.plan(config)
    assert forecast(load(config).experiment, CACHE) == []


def test_a_plan_is_told_where_nothing_can_be_kept(config):
    Path("results").write_text("no folder")
    (plan,) = api.plan(config)
    assert plan.seconds == pytest.approx(1.0 + 0.25 * 120 + 0.125 + 2 * (0.25 + 20 * 0.5) + 2 * 4.0 + 2 * 3.0)
