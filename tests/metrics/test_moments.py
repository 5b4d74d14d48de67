"""Errors of mean and standard deviation: their unit and their weights."""

import numpy as np
import pytest

from sgmbench.metrics.mean import Mean
from sgmbench.metrics.standard_deviation import StandardDeviation

METRICS = (Mean(), StandardDeviation())


@pytest.fixture
def truth(reference):
    rng = np.random.default_rng(0)
    return reference(5 + rng.standard_normal((2_000, 6)) * [1, 2, 3, 4, 1, 1], u=(4,), v=(2,))


def test_shift_and_stretch_are_read_off(truth, samples):
    """A shift of a rms sds is an error of a in the mean and none in the sd; a stretch by b is |b - 1| in the sd."""
    rows = truth.values + 0.3 * truth.field_sd
    assert Mean().score(samples(rows, truth), truth) == pytest.approx({"u": 0.3, "v": 0.3})
    assert StandardDeviation().score(samples(rows, truth), truth) == pytest.approx({"u": 0, "v": 0}, abs=1e-12)
    stretched = samples(truth.mean + 0.9 * (truth.values - truth.mean), truth)
    assert Mean().score(stretched, truth) == pytest.approx({"u": 0, "v": 0}, abs=1e-12)
    assert StandardDeviation().score(stretched, truth) == pytest.approx({"u": 0.1, "v": 0.1})


@pytest.mark.parametrize("metric", METRICS)
def test_a_row_twice_is_a_row_of_twice_the_weight(truth, samples, metric):
    x, twice = truth.values[:100], np.append(np.arange(100), np.arange(30))
    merged = samples(x, truth, weights=np.where(np.arange(100) < 30, 2, 1) / 130)
    assert metric.score(samples(x[twice], truth, run=twice), truth) == pytest.approx(metric.score(merged, truth))


@pytest.mark.parametrize("metric", METRICS)
def test_weights_of_both_signs_cancel(truth, samples, metric):
    """Rows added and taken away again change nothing."""
    x = truth.values
    extra = np.concatenate([x[:200], x[500:600], x[500:600]])
    run = np.concatenate([np.arange(200), np.arange(500, 600), np.arange(500, 600)])
    signed = samples(extra, truth, weights=np.repeat([1 / 200, 1 / 300, -1 / 300], [200, 100, 100]), run=run)
    plain = samples(x[:200], truth)
    assert metric.score(signed, truth) == pytest.approx(metric.score(plain, truth))


def test_no_digits_are_lost_on_a_large_mean(reference, samples):
    rng = np.random.default_rng(2)
    y = rng.standard_normal((500, 3))
    near, far = reference(y), reference(y + 1e6)
    for metric in METRICS:
        expected = metric.score(samples(1.1 * y, near), near)
        assert metric.score(samples(1.1 * y + 1e6, far), far) == pytest.approx(expected, rel=1e-6)


def test_constant_fields_are_left_out(reference, samples):
    y = np.column_stack([np.random.default_rng(3).standard_normal(100), np.full(100, 1e3)])
    truth = reference(y, u=(1,), k=(1,))
    for metric in METRICS:
        assert set(metric.score(samples(y, truth), truth)) == {"u"}
