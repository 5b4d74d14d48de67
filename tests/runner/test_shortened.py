"""Trainings become a few chunks of steps wherever they are, and nothing else changes."""

import pytest

from sgmbench.runner.shortened import shortened, stretch, training_of

TRAINING = {"steps": 500, "train_seconds": None, "evaluate_every": 50, "batch": 8}
METHOD = {"kind": "x", "training": TRAINING, "control": {"kind": "network", "training": TRAINING}, "degree": 3}


def test_every_training_of_a_method_is_shortened():
    found = shortened(METHOD)
    assert found["degree"] == 3
    for each in (found["training"], found["control"]["training"]):
        assert each == {"steps": 75, "train_seconds": None, "evaluate_every": 25, "batch": 8}
    assert training_of(METHOD).steps == 500


@pytest.mark.parametrize(
    ("changes", "steps", "every"),
    [
        ({"steps": 20}, 20, 25),
        ({"evaluate_every": 10}, 30, 10),
        ({"steps": 10_000, "train_seconds": 9.0}, 75, 25),
    ],
)
def test_no_training_becomes_longer(changes, steps, every):
    found = shortened({"training": TRAINING | changes})["training"]
    assert (found["steps"], found["evaluate_every"], found["train_seconds"]) == (steps, every, None)


def test_what_is_shortened_is_stretched_by_as_much():
    assert stretch(METHOD) == 500 / 75
    assert stretch({"control": METHOD["control"] | {"training": TRAINING | {"steps": 60}}}) == 1
    assert stretch({"kind": "x", "degree": 3}) == 1
