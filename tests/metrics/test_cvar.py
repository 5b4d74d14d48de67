"""CVaR: its variational form, the normal law, and the error of n rows."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.metrics.cvar import CVaR, cvar_of_sorted


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("n", [1, 7, 100])
def test_it_is_the_minimum_of_rockafellar_and_uryasev(n, p):
    """min over t of t + E max(y - t, 0) / (1 - p), which lies at one of the values."""
    x = np.sort(np.random.default_rng(n).exponential(size=(n, 3)), axis=0)
    least = [min(t + np.mean(np.maximum(column - t, 0)) / (1 - p) for t in column) for column in x.T]
    assert cvar_of_sorted(x, p) == pytest.approx(least, rel=1e-12)


def test_it_is_the_mean_of_the_worst():
    x = np.sort(np.random.default_rng(0).standard_normal((200, 4)), axis=0)
    assert cvar_of_sorted(x, 0.95) == pytest.approx(x[190:].mean(axis=0), rel=1e-12)


@pytest.mark.parametrize("p", [0.5, 0.95, 0.99])
def test_a_normal_law_has_its_closed_form(p):
    points = norm.ppf((np.arange(100_000) + 0.5) / 100_000)[:, None]
    assert cvar_of_sorted(points, p)[0] == pytest.approx(norm.pdf(norm.ppf(p)) / (1 - p), rel=1e-4)


def test_shift_and_stretch_are_read_off_on_either_side(reference, samples):
    truth = reference(np.random.default_rng(1).standard_normal((4_000, 3)) * [1, 2, 3])
    for tail in ("upper", "lower"):
        metric = CVaR(levels=(0.5, 0.95), tail=tail)
        shifted = metric.score(samples(truth.values - 0.2 * truth.sd, truth), truth)
        assert shifted == pytest.approx({"u/0.5": 0.2, "u/0.95": 0.2}, rel=1e-9)
        stretched = metric.score(samples(1.1 * truth.values, truth), truth)
        assert stretched["u/0.95"] == pytest.approx(0.1 * norm.pdf(norm.ppf(0.95)) / 0.05, rel=0.05)


def test_the_lower_tail_is_the_upper_one_of_the_negative(reference, samples):
    rng = np.random.default_rng(2)
    x, y = rng.exponential(size=(300, 4)), rng.exponential(size=(400, 4))
    truth, mirrored = reference(y), reference(-y)
    lower = CVaR(tail="lower").score(samples(x, truth), truth)
    assert lower == pytest.approx(CVaR().score(samples(-x, mirrored), mirrored), rel=1e-12)
    assert lower["u/0.95"] != pytest.approx(CVaR().score(samples(x, truth), truth)["u/0.95"], rel=0.1)


def test_exact_samples_have_the_asymptotic_error(reference, samples):
    """Mean square 2 var(max(y - q, 0)) / (n (1 - p)^2), 6.1 each over n at p = 0.95, of samples and reference."""
    rng = np.random.default_rng(3)
    n, p, q = 2_000, 0.95, norm.ppf(0.95)
    excess = norm.pdf(q) - q * (1 - p)
    variance = ((1 + q**2) * (1 - p) - q * norm.pdf(q) - excess**2) / (1 - p) ** 2
    assert variance == pytest.approx(6.1, abs=0.05)
    truth = reference(rng.standard_normal((n, 400)))
    found = CVaR().score(samples(rng.standard_normal((n, 400)), truth), truth)["u/0.95"]
    assert found == pytest.approx(np.sqrt(2 * variance / n), rel=0.15)


def test_constant_coordinates_have_no_say(reference, samples):
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((50, 3)), rng.standard_normal((60, 3))
    wide_x, wide_y = (np.hstack([rows, np.full((len(rows), 2), 7.0)]) for rows in (x, y))
    before = CVaR().score(samples(x, reference(y)), reference(y))
    truth = reference(wide_y, u=(4,), k=(1,))
    assert CVaR().score(samples(wide_x, truth), truth) == pytest.approx(before, rel=1e-12)
