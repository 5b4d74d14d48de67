"""A part as large as its rehearsal takes what the rehearsal took; larger ones grow by their own powers."""

import pytest

from sgmbench.metrics.pairwise import BLOCK
from sgmbench.runner.pace import CellPace, TruthPace
from sgmbench.runner.plan_seconds import generator_seconds, growth, sampler_seconds, truth_seconds

B = BLOCK
TRUTH = TruthPace(cold=3.0, run=0.01, scoring=0.5, size=B, exponent=2.0)
CHAINS = TruthPace(cold=3.0, run=0.01, scoring=0.5, size=B, exponent=1.0, extra=800)
LEARNER = CellPace(budget=200, size=B, extra=B // 2, fixed=2.0, fit=1.0, rows=0.4, step=0.002, each=0.3, scoring=0.5)


def learned(sizes, *, runs=200, training=2.0, is_fitted=False):
    return generator_seconds(LEARNER, sizes, runs=runs, training=training, is_fitted=is_fitted, exponent=2.0)


def test_rows_are_scored_in_blocks_that_are_filled_up():
    assert growth(4 * B, B) == 4
    assert growth(B // 2, B) == growth(B, B // 3) == 1
    assert growth(4 * B, B // 2) == 4


def test_truth():
    assert truth_seconds(TRUTH, [B], [B, B]) == pytest.approx(3 + 0.02 * B + 0.5)
    assert truth_seconds(TRUTH, [4 * B, 2 * B], [100]) == pytest.approx(3 + 1 + 0.5 * (16 + 4))


def test_a_truth_that_is_there_compiles_nothing_and_is_scored():
    assert truth_seconds(TRUTH, [4 * B, 2 * B], []) == 0.5 * (16 + 4)


def test_each_set_of_long_chains_has_a_warm_up():
    assert truth_seconds(CHAINS, [B], [1200, 200]) == pytest.approx(3 + 0.01 * (2000 + 1000) + 0.5)


def test_generator():
    assert learned([B]) == pytest.approx(2 + 1 + 0.4 + 2 + 0.3 + 0.5)
    assert learned([B, B]) - learned([B]) == pytest.approx(0.8)
    assert learned([B], runs=1000) - learned([B]) == pytest.approx(4 * 0.4)
    assert learned([4 * B]) - learned([B]) == pytest.approx(0.3 * (4.5 / 1.5 - 1) + 0.5 * 15)


def test_a_fit_that_is_there_takes_no_time():
    assert learned([B]) - learned([B], is_fitted=True) == pytest.approx(1 + 0.4 + 2)


def test_sampler():
    pace = CellPace(budget=B, size=B, fixed=1.0, each=0.2, scoring=0.1)
    assert sampler_seconds(pace, [B], runs=B, exponent=2.0) == pytest.approx(1.3)
    assert sampler_seconds(pace, [B] * 3, runs=2 * B, exponent=2.0) == pytest.approx(1 + 6 * 0.3)
    assert sampler_seconds(pace, [4 * B], runs=B, exponent=2.0) == pytest.approx(1 + 0.2 + 0.4)
    assert sampler_seconds(pace, [4 * B], runs=B, exponent=0.5) == pytest.approx(1.3)
    assert sampler_seconds(pace, [B], runs=B // 4, exponent=2.0) == pytest.approx(1 + 0.2 / 4 + 0.1)
