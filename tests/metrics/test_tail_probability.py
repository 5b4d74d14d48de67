"""Tail probabilities: counts, closed forms, and what is refused."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.errors import CellError
from sgmbench.metrics.tail_probability import TailProbability, Threshold


def test_a_field_is_beyond_a_threshold_where_its_extreme_is(reference, samples):
    """Of the reference u exceeds 1 in two rows of four and q lies below -1 in one; of the samples in one and in two."""
    truth = reference(np.array([[0, 2, 0], [2, 2, -2], [0, 0, 5], [1, 1, -1]]), u=(2,), q=())
    x = samples(np.array([[0, 0, -3], [0, 3, -1.5]]), truth)
    metric = TailProbability((Threshold("u", above=1.0), Threshold("q", below=-1.0), Threshold("u", below=0.5)))
    assert metric.score(x, truth) == pytest.approx(
        {"u/above 1": 0.5 / 0.5 - 1, "q/below -1": 1 / 0.25 - 1, "u/below 0.5": 1 / 0.5 - 1}
    )


def test_a_shift_and_a_stretch_have_their_closed_forms(reference, samples):
    points = norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None]
    truth = reference(points, q=())
    for mean, sd in ((0.1, 1.0), (0.0, 0.9)):
        rows = samples(mean + sd * points, truth)
        given = TailProbability((Threshold("q", above=2.0),)).score(rows, truth)["q/above 2"]
        assert given == pytest.approx(norm.sf((2 - mean) / sd) / norm.sf(2) - 1, abs=4e-3)
        own = TailProbability().score(rows, truth)["q/0.99"]
        assert own == pytest.approx(norm.sf((norm.ppf(0.99) - mean) / sd) / 0.01 - 1, abs=1e-2)


@pytest.mark.parametrize("metric", [TailProbability(level=0.8), TailProbability((Threshold("u", above=0.5),))])
def test_weights_count_rows_and_those_of_both_signs_cancel(reference, samples, metric):
    rng = np.random.default_rng(1)
    truth, x = reference(rng.standard_normal((60, 3))), rng.standard_normal((50, 3))
    twice = np.append(np.arange(50), np.arange(15))
    merged = samples(x, truth, weights=np.where(np.arange(50) < 15, 2, 1) / 65)
    assert metric.score(merged, truth) == pytest.approx(metric.score(samples(x[twice], truth), truth), rel=1e-12)
    extra = np.concatenate([x[:30], x[30:], x[30:]])
    signed = samples(extra, truth, weights=np.repeat([1 / 30, 1 / 20, -1 / 20], [30, 20, 20]))
    assert metric.score(signed, truth) == pytest.approx(metric.score(samples(x[:30], truth), truth), rel=1e-9)


def test_an_event_that_samples_lack_is_minus_1_and_one_that_never_happens_no_number(reference, samples):
    truth = reference(np.arange(10.0)[:, None], q=())
    x = samples(np.zeros((5, 1)), truth)
    metric = TailProbability((Threshold("q", above=8.5), Threshold("q", above=9.0)))
    assert metric.score(x, truth) == pytest.approx({"q/above 8.5": -1.0, "q/above 9": np.nan}, nan_ok=True)


def test_constant_coordinates_have_no_quantile(reference, samples):
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((200, 2)), rng.standard_normal((300, 2))
    truth = reference(y)
    wide_x, wide_y = (np.hstack([rows, np.full((len(rows), 2), 7.0)]) for rows in (x, y))
    wide = reference(wide_y, u=(3,), k=(1,))
    found = TailProbability(level=0.8).score(samples(wide_x, wide), wide)
    assert found == pytest.approx(TailProbability(level=0.8).score(samples(x, truth), truth), rel=1e-12)


def test_a_threshold_has_one_side():
    with pytest.raises(ValueError, match=r"^neither of above and below is given for the field 'q'; write one of them$"):
        Threshold("q")
    with pytest.raises(ValueError, match=r"^both of above and below is given for the field 'q'; write one of them$"):
        Threshold("q", above=1.0, below=0.0)


def test_a_field_that_is_not_there_is_named(reference, samples):
    truth = reference(np.zeros((4, 3)), u=(2,), q=())
    metric = TailProbability((Threshold("v", above=1.0),))
    with pytest.raises(CellError, match=r"^tail_probability: there is no field 'v'; write one of u, q$"):
        metric.score(samples(truth.values, truth), truth)
