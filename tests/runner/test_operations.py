"""Operations of cells: the same from the cache, and as many as there is work."""

from pathlib import Path

import pytest
import small

from sgmbench import api

LEARNER = {"kind": "learner:Learner", "label": "learner"}


@pytest.fixture
def operations(tmp_path, monkeypatch):
    """By method, of a run with a training."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    monkeypatch.setattr("sgmbench.api.running.write_page", lambda *arguments: None)

    def of(**training):
        learner = LEARNER | {"training": {"warmup": 10, "evaluate_every": 20, "patience": 100} | training}
        config = small.write(Path("a.yaml"), methods=["monte_carlo", "bootstrap", learner], metrics=["mean"])
        return {result.method: result.cost.operations for result in api.run(config).summary.results}

    return of


def test_operations_are_those_of_the_steps_whether_made_now_or_found(operations):
    """Validations but for the first are as many as periods, so that a training of twice the length costs twice more."""
    first, again, second, third = (operations(steps=n) for n in (40, 40, 80, 120))
    assert first == again
    assert first["learner"] > first["bootstrap"] == 0
    assert second["learner"] - first["learner"] == third["learner"] - second["learner"] > 0
    assert first["monte_carlo"] == third["monte_carlo"] > 0


def test_a_training_that_the_clock_ends_has_none_that_could_be_compared(operations):
    found = operations(train_seconds=0.01)
    assert (found["learner"], found["monte_carlo"] > 0) == (None, True)
