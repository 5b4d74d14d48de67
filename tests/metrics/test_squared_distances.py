"""What all squared distances have in common: rows of twice the weight, weights of both signs, units, constants."""

import numpy as np
import pytest

from sgmbench.metrics.covariance_product import CovarianceProduct
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.mmd import MMD2
from sgmbench.metrics.sliced_wasserstein import SlicedWasserstein

SINGLE, DOUBLE = 1e-5, 1e-6  # relative errors of float32 sums, and of differences that lose digits in float64
EACH = [(Energy, "d2", SINGLE), (MMD2, "all", DOUBLE), (CovarianceProduct, "all", DOUBLE)]
UNWEIGHTED = [(SlicedWasserstein, "all", DOUBLE)]
NORMS = ("field_l2", "standardized")


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("metric", "part", "precision"), EACH)
def test_a_row_twice_is_a_row_of_twice_the_weight(reference, samples, metric, part, precision, norm):
    rng, metric = np.random.default_rng(0), metric(norm=norm)
    truth = reference(rng.standard_normal((60, 3)))
    x, twice = rng.standard_normal((50, 3)), np.append(np.arange(50), np.arange(15))
    weights = np.where(np.arange(50) < 15, 2, 1) / 65
    for is_law in (True, False):
        merged = metric.score(samples(x, truth, is_law=is_law, weights=weights), truth)[part]
        listed = metric.score(samples(x[twice], truth, is_law=is_law, run=twice), truth)[part]
        assert listed == pytest.approx(merged, rel=precision)


@pytest.mark.parametrize(("metric", "part", "precision"), EACH)
def test_rows_added_and_taken_away_again_change_nothing(reference, samples, metric, part, precision):
    rng, metric = np.random.default_rng(1), metric()
    truth, x = reference(rng.standard_normal((60, 3))), rng.standard_normal((50, 3))
    extra, run = np.concatenate([x[:30], x[30:], x[30:]]), np.append(np.arange(50), np.arange(30, 50))
    weights = np.repeat([1 / 30, 1 / 20, -1 / 20], [30, 20, 20])
    signed = metric.score(samples(extra, truth, is_law=False, weights=weights, run=run), truth)[part]
    plain = metric.score(samples(x[:30], truth, is_law=False), truth)[part]
    assert signed == pytest.approx(plain, rel=precision)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("metric", "part", "precision"), EACH + UNWEIGHTED)
def test_units_and_constant_fields_do_not_matter(reference, samples, metric, part, precision, norm):
    rng, metric = np.random.default_rng(2), metric(norm=norm)
    x, y = rng.standard_normal((50, 5)), 0.5 + rng.standard_normal((50, 5))
    scale, shift = np.repeat([1e-4, 7e3], [2, 3]), np.repeat([1.0, -5e4], [2, 3])
    wide_x, wide_y = (np.hstack([shift + scale * rows, np.full((50, 1), 4.0)]) for rows in (x, y))
    narrow, wide = reference(y, u=(2,), v=(3,)), reference(wide_y, u=(2,), v=(3,), k=(1,))
    before = metric.score(samples(x, narrow), narrow)[part]
    assert metric.score(samples(wide_x, wide), wide)[part] == pytest.approx(before, rel=precision)


@pytest.mark.parametrize(("metric", "part", "precision"), EACH)
def test_field_l2_does_not_depend_on_the_resolution(reference, samples, metric, part, precision):
    """Each value twice on a grid twice as fine is the same function."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((40, 6)), 1 + 1.5 * rng.standard_normal((40, 6))
    coarse, fine = reference(y), reference(np.repeat(y, 2, axis=1))
    before = metric().score(samples(x, coarse), coarse)[part]
    after = metric().score(samples(np.repeat(x, 2, axis=1), fine), fine)[part]
    assert after == pytest.approx(before, rel=precision)


@pytest.mark.parametrize("metric", [MMD2, CovarianceProduct, SlicedWasserstein])
def test_where_nothing_varies_there_is_no_score(reference, samples, metric):
    truth = reference(np.full((10, 2), 3.0))
    assert metric().score(samples(truth.values, truth), truth) == {}
