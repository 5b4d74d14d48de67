"""A part as large as its rehearsal takes what the rehearsal took; larger ones grow by their own powers."""

import pytest

from sgmbench.runner.plan_seconds import generator_seconds, sampler_seconds, truth_seconds
from sgmbench.runner.rehearsal import CellPace, TruthPace

TRUTH = TruthPace(cold=3.0, run=0.01, scoring=0.5, size=1000, exponent=2.0)
LEARNER = CellPace(
    budget=200, size=1000, extra=500, fixed=2.0, fit=1.0, rows=0.4, step=0.002, each=0.3, scoring=0.5, runs_cold=1.0
)


def learned(sizes, *, runs=200, training=2.0, is_fitted=False):
    return generator_seconds(LEARNER, sizes, runs=runs, training=training, is_fitted=is_fitted, exponent=2.0)


def test_truth():
    assert truth_seconds(TRUTH, [1000], [1000, 1000]) == 3 + 20 + 0.5
    assert truth_seconds(TRUTH, [4000, 2000], []) == 3 + 0.5 * (16 + 4)


def test_generator():
    assert learned([1000]) == pytest.approx(2 + 1 + 0.4 + 2 + 0.3 + 0.5)
    assert learned([1000, 1000]) - learned([1000]) == pytest.approx(0.8)
    assert learned([1000], runs=1000) - learned([1000]) == pytest.approx(4 * 0.4)
    assert learned([4000]) - learned([1000]) == pytest.approx(0.3 * (4500 / 1500 - 1) + 0.5 * 15)


def test_a_fit_that_is_there_takes_no_time():
    assert learned([1000]) - learned([1000], is_fitted=True) == pytest.approx(1 + 0.4 + 2)


def test_sampler():
    pace = CellPace(budget=100, size=1000, fixed=1.0, each=0.2, scoring=0.1)
    assert sampler_seconds(pace, [1000], runs=100, exponent=2.0) == pytest.approx(1.3)
    assert sampler_seconds(pace, [1000] * 3, runs=200, exponent=2.0) == pytest.approx(1 + 6 * 0.3)
    assert sampler_seconds(pace, [4000], runs=100, exponent=2.0) == pytest.approx(1 + 0.2 + 0.4)
    assert sampler_seconds(pace, [4000], runs=100, exponent=0.5) == pytest.approx(1.3)
