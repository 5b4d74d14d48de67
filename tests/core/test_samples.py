import numpy as np
import pytest

from sgmbench.core.layout import Field, Layout
from sgmbench.core.samples import Samples

LAYOUT = Layout((Field("a", "-"), Field("b", "V")))
VALUES = np.arange(10.0).reshape(5, 2)


def test_equal_weights_sum_to_one_and_every_row_is_a_run():
    samples = Samples.equally_weighted(VALUES, LAYOUT, is_law=True)
    assert samples.weights.sum() == pytest.approx(1)
    assert samples.has_equal_weights
    assert len(set(samples.run)) == 5


def test_no_rows_are_no_error():
    samples = Samples.equally_weighted(np.empty((0, 2)), LAYOUT, is_law=False)
    assert samples.has_equal_weights
    assert samples.ok.shape == (0,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_with_one_value_that_is_not_finite_is_not_ok(bad):
    values = VALUES.copy()
    values[3, 1] = bad
    assert Samples.equally_weighted(values, LAYOUT, is_law=False).ok.tolist() == [True, True, True, False, True]


def test_kept_rows_have_their_runs_and_the_weight_of_all():
    weights, run = np.array([0.5, 0.5, -0.5, 0.3, 0.2]), np.array([0, 1, 1, 2, 3])
    samples = Samples(VALUES, LAYOUT, False, weights, run)
    kept = samples.keep(np.array([True, False, True, True, True]))
    assert kept.weights.sum() == pytest.approx(weights.sum())
    np.testing.assert_allclose(kept.weights / kept.weights[0], weights[[0, 2, 3, 4]] / weights[0])
    np.testing.assert_array_equal(kept.run, [0, 1, 2, 3])
    np.testing.assert_array_equal(kept.values, VALUES[[0, 2, 3, 4]])
    assert not kept.has_equal_weights
    assert (kept.layout, kept.is_law) == (LAYOUT, False)
