"""What a comparison tolerates, as it is written in a configuration: defaults, and what is refused, word for word."""

import pytest

from sgmbench.config import build_experiment, dump
from sgmbench.core.experiment import ComparePlan

BASE = """\
name: test
problem: decay
targets: [marginal]
methods: [draws]
budgets: [10]
metrics: [energy, {kind: mean, label: average}]
"""


def test_margins_are_those_of_the_file_and_ten_and_twenty_five_percent_else(loaded):
    assert loaded(BASE).experiment.compare == ComparePlan(accuracy=0.1, time=0.25, margins={})
    experiment = loaded(BASE + "compare: {time: 1, margins: {energy: 0.2, average: 2}}\n").experiment
    assert experiment.compare == ComparePlan(accuracy=0.1, time=1.0, margins={"energy": 0.2, "average": 2.0})
    assert build_experiment(dump(experiment), "again").experiment == experiment


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "{margins: {energi: 0.2}}",
            "a.yaml:7:21: compare.margins.energi: no metric is labeled 'energi' (did you mean energy?); write average "
            "or energy",
        ),
        (
            "{margins: {energy: 0}}",
            "a.yaml:7:29: compare.margins.energy: 0 is too small; write a number above 0",
        ),
        (
            "{margin: 0.1}",
            "a.yaml:7:11: compare.margin: unknown key (did you mean margins?); write one of accuracy, time, margins",
        ),
    ],
)
def test_margins_that_cannot_be(errors, written, said):
    assert errors(BASE + f"compare: {written}\n") == [said]
