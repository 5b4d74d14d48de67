"""Variance components against what is exactly known of them, and of their errors."""

import numpy as np
import pytest
from scipy.stats import f_oneway

from sgmbench.statistics.variance_components import (
    components,
    components_without_each,
    grouped,
    jackknife_error,
)


def gather(values, outer, quadrature=None):
    d = values.shape[1]
    return grouped(
        values,
        np.asarray(outer),
        quadrature=np.full(d, 1 / d) if quadrature is None else quadrature,
        center=np.zeros(d),
    )


def gaussian(rng, K, n, *, r):
    """n rows at each of K z in turns, V = 1 and A = r."""
    rows = rng.standard_normal(K) + np.sqrt(r) * rng.standard_normal((n, K))
    return rows.reshape(-1, 1), np.tile(np.arange(K), n)


def test_the_f_statistic_is_that_of_scipy():
    """n V^ / A^ + 1 is the ratio of mean squares between and within."""
    rng = np.random.default_rng(0)
    values, outer = gaussian(rng, 12, 5, r=2.0)
    found = components(gather(values, outer))
    F = f_oneway(*(values[outer == k, 0] for k in range(12))).statistic
    assert 5 * found.epistemic / found.aleatoric + 1 == pytest.approx(F, rel=1e-12)


@pytest.mark.parametrize("sizes", [(3,) * 8, (1, 1, 2, 3, 4, 7, 1, 9)])
def test_both_are_unbiased_whatever_the_law_and_the_numbers(sizes):
    """y = x + x e with a skewed x, so that what varies at z varies with z: V = Var x = 1, A = E x^2 = 2."""
    rng = np.random.default_rng(1)
    outer = np.repeat(np.arange(len(sizes)), sizes)
    found = []
    for _ in range(2_000):
        x = rng.exponential(size=len(sizes))[outer]
        each = components(gather((x + x * rng.standard_normal(len(x)))[:, None], outer))
        found.append((float(each.epistemic), float(each.aleatoric)))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(mean - (1.0, 2.0)) < 4 * error)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_the_mean_square_error_of_a_gaussian_number(n):
    """N E (V^ - V)^2 = 2 (n + 2 r + r^2 / (n - 1)) up to terms of O(1/K), here for r = 4: least at n = 1 + r."""
    rng, r, N = np.random.default_rng(n), 4.0, 4_000
    K = N // n
    squares = np.array(
        [N * (float(components(gather(*gaussian(rng, K, n, r=r))).epistemic) - 1) ** 2 for _ in range(1_000)]
    )
    exact = 2 * ((r + n) ** 2 / n * K / (K - 1) + r**2 / (n * (n - 1)))
    assert exact == pytest.approx(2 * (n + 2 * r + r**2 / (n - 1)), rel=0.01)
    assert abs(squares.mean() - exact) < 4 * squares.std() / np.sqrt(len(squares))


def test_a_field_is_weighed_by_its_quadrature():
    rng = np.random.default_rng(2)
    values = rng.standard_normal((60, 3)) * (1.0, 2.0, 3.0)
    outer, q = np.arange(60) % 20, np.array([0.2, 0.5, 0.3])
    found = components(gather(values, outer, q))
    alone = [components(gather(values[:, [i]], outer)) for i in range(3)]
    assert found.epistemic == pytest.approx(sum(q[i] * alone[i].epistemic for i in range(3)), rel=1e-12)
    assert found.aleatoric == pytest.approx(sum(q[i] * alone[i].aleatoric for i in range(3)), rel=1e-12)


def test_neither_order_nor_shift_nor_names_matter_and_the_unit_cancels_in_the_share():
    rng = np.random.default_rng(3)
    values, outer = gaussian(rng, 30, 4, r=0.5)
    there, order = components(gather(values, outer)), rng.permutation(120)
    again = components(gather(values[order] * 7 + 1e3, 100 - 3 * outer[order]))
    assert again.epistemic == pytest.approx(49 * there.epistemic, rel=1e-8)
    assert again.share == pytest.approx(float(there.share), rel=1e-8)


def test_without_each_is_what_leaving_it_out_gives():
    rng = np.random.default_rng(4)
    outer = np.repeat(np.arange(6), (2, 5, 1, 3, 4, 2))
    values = rng.standard_normal((17, 2)) + outer[:, None]
    without = components_without_each(gather(values, outer))
    for k in range(6):
        left = components(gather(values[outer != k], outer[outer != k]))
        assert without.epistemic[k] == pytest.approx(float(left.epistemic), rel=1e-10)
        assert without.aleatoric[k] == pytest.approx(float(left.aleatoric), rel=1e-10)


def test_two_standard_errors_of_the_jackknife_hold_the_share():
    """In 95 % of 1,000 sets of 60 z, within four standard errors of such a count."""
    rng, held = np.random.default_rng(5), 0
    for _ in range(1_000):
        groups = gather(*gaussian(rng, 60, 4, r=1.0))
        error = jackknife_error(components_without_each(groups).share)
        held += abs(float(components(groups).share) - 0.5) < 2.001 * error
    assert held / 1_000 == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 1_000))


def test_nothing_is_said_where_nothing_is_known():
    rng = np.random.default_rng(6)
    values = rng.standard_normal((8, 1))
    assert np.isnan(components(gather(values, np.zeros(8, int))).epistemic)  # one z
    assert np.isnan(components(gather(values, np.arange(8))).aleatoric)  # one row a z
    assert np.isnan(components(gather(np.ones((8, 1)), np.arange(8) % 2)).share)  # nothing varies
