"""Conditional mean and standard deviation, in units of the standard deviation at the same condition."""

import numpy as np
import pytest

from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at, sd_at

N = 4_000
VARIES = slice(0, 11)


@pytest.fixture(scope="module")
def fitted(toy):
    return ConditionalMoments().fit(*toy.pairs(N))


@pytest.fixture(scope="module")
def u():
    return np.random.default_rng(1).uniform(-1, 1, (500, 2))


def test_the_mean_errs_less_than_least_squares_would(toy, fitted, u):
    """Unbiased regression on the p = 21 features of degree 5 has rms error s sqrt(p / n)."""
    error = ((mean_at(fitted, u) - toy.mean(u))[:, VARIES] / toy.sd(u)[:, VARIES]) ** 2
    assert np.sqrt(error.mean()) < 0.8 * np.sqrt(21 / N)
    assert np.sqrt(error.mean(axis=0)).max() < 1.3 * np.sqrt(21 / N)


def test_the_standard_deviation_errs_as_six_coefficients_do(toy, fitted, u):
    """A scale of p coefficients has relative error sqrt(p / 2n)."""
    error = np.log(sd_at(fitted, u)[:, VARIES] / toy.sd(u)[:, VARIES])
    assert np.sqrt(np.mean(error**2)) < 1.5 * np.sqrt(6 / (2 * N))


def test_constant_outputs_keep_their_value_and_have_no_spread(toy, fitted, u):
    np.testing.assert_allclose(mean_at(fitted, u)[:, 11], toy.constant, rtol=1e-9)
    assert sd_at(fitted, u)[:, 11].max() < 1e-6


def test_is_equivariant_under_shift_and_scale(toy):
    u, y = toy.pairs(400)
    shift, factor = np.arange(11.0), 10.0 ** np.arange(-5, 6)
    y = y[:, VARIES]
    plain, moved = (ConditionalMoments().fit(u, v) for v in (y, shift + factor * y))
    s = factor * sd_at(plain, u)
    np.testing.assert_allclose((mean_at(moved, u) - shift - factor * mean_at(plain, u)) / s, 0, atol=1e-3)
    np.testing.assert_allclose(sd_at(moved, u), s, rtol=1e-3)


def test_without_conditions_they_are_the_plain_mean_and_standard_deviation():
    y = np.random.default_rng(2).gamma(2.0, size=(800, 5)) * 10.0 ** np.arange(-2, 3)
    fitted = ConditionalMoments().fit(np.zeros((800, 0)), y)
    np.testing.assert_allclose(mean_at(fitted, np.zeros((3, 0))), np.tile(y.mean(axis=0), (3, 1)), rtol=1e-9)
    np.testing.assert_allclose(sd_at(fitted, np.zeros((3, 0))), np.tile(y.std(axis=0), (3, 1)), rtol=1e-9)


@pytest.mark.parametrize(("n", "degree"), [(100, 1), (19, 0)])
def test_few_runs_get_a_low_degree(toy, n, degree):
    """20 runs a feature: 100 runs pay for 5 features, degree 1 in two conditions; 19 for the constant alone."""
    fitted = ConditionalMoments().fit(*(each[:, :2] for each in toy.pairs(n)))
    assert fitted["mean"]["indices"].sum(axis=1).max(initial=0) <= degree
    assert fitted["variance"]["indices"].sum(axis=1).max(initial=0) <= degree


def test_residuals_of_a_field_that_is_known_better_serve_one_that_errs_with_it():
    """r says nothing of u; w(u) + (2 + u) r + e / 20, alone, errs in w as r does, with r as control as e / 20 does."""
    rng = np.random.default_rng(5)
    u, r = rng.uniform(-1, 1, (2_000, 1)), rng.standard_normal((2_000, 1))
    y = np.hstack([r, u + u**3 + (2 + u) * r + 0.05 * rng.standard_normal((2_000, 1))])
    at = np.linspace(-1, 1, 41)[:, None]
    error = {}
    for name, fields in (("alone", np.array([0, 0])), ("controlled", np.array([0, 1]))):
        mean = mean_at(ConditionalMoments().fit(u, y, fields), at)
        error[name] = np.std(mean[:, 1] - at[:, 0] - at[:, 0] ** 3 - (2 + at[:, 0]) * mean[:, 0])
    assert error["controlled"] < 0.1 * error["alone"]


def test_squared_residuals_of_a_field_that_is_known_better_serve_the_variance():
    """Var[(2 + u) r + e / 20] = (2 + u)^2 Var[r] + 1/400: with r as control it errs by no more than Var[r] does."""
    rng = np.random.default_rng(7)
    n = 12_000
    u, r = rng.uniform(-1, 1, (n, 1)), rng.standard_normal((n, 1))
    y = np.hstack([r, (2 + u) * r + 0.05 * rng.standard_normal((n, 1))])
    at = np.linspace(-1, 1, 41)[:, None]
    error = {}
    for name, fields in (("alone", np.array([0, 0])), ("controlled", np.array([0, 1]))):
        variance = sd_at(ConditionalMoments().fit(u, y, fields), at) ** 2
        error[name] = np.std(variance[:, 1] - (2 + at[:, 0]) ** 2 * variance[:, 0] - 1 / 400)
    assert error["controlled"] < 0.2 * error["alone"]


def test_the_order_of_coordinates_within_and_of_fields_is_no_matter(toy):
    u, y = toy.pairs(500)
    fields = np.repeat([0, 1, 2], 4)
    shuffled = np.random.default_rng(6).permutation(12)
    plain, other = ConditionalMoments().fit(u, y, fields), ConditionalMoments().fit(u, y[:, shuffled], fields[shuffled])
    np.testing.assert_allclose(mean_at(other, u), mean_at(plain, u)[:, shuffled], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(sd_at(other, u), sd_at(plain, u)[:, shuffled], rtol=1e-6, atol=1e-12)


def test_follows_a_spread_that_vanishes_inside_the_domain():
    """y = 1 + (u - 1/4) xi: the variance is a square, 1/40,000 of its largest at |u - 1/4| = 0.01."""
    rng = np.random.default_rng(3)
    u = rng.uniform(-1, 1, (20_000, 1))
    y = 1 + (u - 0.25) * rng.standard_normal((20_000, 1))
    at = 0.25 + np.array([[-0.5], [-0.1], [-0.02], [0.02], [0.1], [0.5]])
    fitted = ConditionalMoments().fit(u, y)
    np.testing.assert_allclose(sd_at(fitted, at)[:, 0], np.abs(at[:, 0] - 0.25), rtol=0.1)
    assert np.abs(mean_at(fitted, at) - 1)[:, 0] / np.abs(at[:, 0] - 0.25) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("n", [64, 250, 1_000])
def test_where_the_expansion_of_a_variance_is_negative_the_residuals_there_say_what_it_is(n):
    """y = (1 + u)^2 r with u uniform: a linear variance from 64 runs is negative at some.

    Squared residuals of 4,000 other runs over the fitted variance have a mean of 3.1 at most in 20 sets of 64 runs,
    of 1.4 of 250 and of 1.07 of 1,000. Of the bare expansion, cut at 1e-10, they had up to 3e9, 1e5 and 13.
    """
    worst = 0.0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        u = rng.uniform(-1, 1, (n + 4_000, 1))
        y = (1 + u) ** 2 * rng.standard_normal((n + 4_000, 3))
        fitted = ConditionalMoments().fit(u[:n], y[:n])
        worst = max(worst, np.mean(((y - mean_at(fitted, u)) / sd_at(fitted, u))[n:] ** 2))
    assert worst < {64: 4, 250: 2, 1_000: 1.2}[n]


def test_a_variance_that_is_the_same_everywhere_is_not_raised():
    """Half of a mean of 20 squares exceeds their variance once in 200 points; here in none of 40."""
    rng = np.random.default_rng(7)
    u, y = rng.uniform(-1, 1, (19, 2)), rng.standard_normal((19, 40))
    np.testing.assert_allclose(sd_at(ConditionalMoments().fit(u, y), u), np.tile(y.std(axis=0), (19, 1)), rtol=1e-9)
    u, y = rng.uniform(-1, 1, (400, 2)), rng.standard_normal((400, 40))
    assert np.all(sd_at(ConditionalMoments(mean_degree=1, variance_degree=0).fit(u, y), u) < y.std(axis=0) * 1.001)


def test_which_field_comes_first_is_no_matter():
    rng = np.random.default_rng(5)
    u, r = rng.uniform(-1, 1, (2_000, 1)), rng.standard_normal((2_000, 1))
    y = np.hstack([(1 + u) * r, 1 + u + r * (2 + u) + 0.05 * rng.standard_normal((2_000, 1))])
    plain, other = (ConditionalMoments().fit(u, y[:, order], np.array([0, 1])) for order in ([0, 1], [1, 0]))
    np.testing.assert_allclose(mean_at(other, u)[:, ::-1], mean_at(plain, u), rtol=1e-8, atol=1e-8)


def test_an_odd_mean_is_found_although_no_even_feature_leads_there():
    rng = np.random.default_rng(8)
    u = rng.uniform(-1, 1, (4_000, 1))
    y = u - 2 * u**3 + 2 * u**5 + 0.05 * rng.standard_normal((4_000, 1))
    fitted = ConditionalMoments().fit(u, y)
    assert fitted["mean"]["indices"][:, 0].tolist() == [1, 3, 5]
