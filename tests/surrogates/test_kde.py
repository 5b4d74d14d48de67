"""KDE: moments of the runs at any bandwidth, its two ends, the bandwidth that likelihood chooses, and its copies."""

import jax
import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.learning.conditional_moments import mean_at, sd_at
from sgmbench.learning.representations.identity import Identity
from sgmbench.surrogates.kde import KDE, best_bandwidth, leave_one_out

N = 40_000
LAYOUT = Layout((Field("c", "m", (Axis("x", "m", (0.0, 0.5, 1.0, 1.5)),)),))
PLAIN = {"representation": (Identity(),), "calibration": 0}


@pytest.mark.parametrize("h", [0.01, 0.4, 1.0])
def test_mean_and_covariance_are_the_runs_at_any_bandwidth(fitted, h):
    it = fitted(KDE(bandwidth=h, **PLAIN), n=1_000, q=0)
    y, runs = it.sample(np.zeros(0), N, jax.random.key(0)), it.pairs.learned
    sd, covariance = runs.std(axis=0), np.cov(runs.T, ddof=0)
    assert (abs(y.mean(axis=0) - runs.mean(axis=0)) < 4.5 * sd / np.sqrt(N)).all()
    fourth = np.mean((runs - runs.mean(axis=0)) ** 4, axis=0)
    error = np.sqrt(np.outer(np.sqrt(fourth), np.sqrt(fourth)) / N)
    assert (abs(np.cov(y.T) - covariance) < 4.5 * error).all()


def test_its_ends_are_the_bootstrap_and_the_gaussian(fitted):
    runs = fitted(KDE(bandwidth=1.0, **PLAIN), n=1_000, q=0).pairs.learned
    sd = runs.std(axis=0)
    narrow, wide = (
        fitted(KDE(bandwidth=h, **PLAIN), n=1_000, q=0).sample(np.zeros(0), 5_000, jax.random.key(1))
        for h in (0.01, 1.0)
    )
    nearest = np.min(np.abs(narrow[:200, None] - runs).max(axis=2), axis=1)
    assert (nearest < 0.06 * sd.max()).all()
    assert all(kstest((wide[:, j] - runs[:, j].mean()) / sd[j], "norm").pvalue > 1e-5 for j in range(4))


def test_leave_one_out_likelihood_is_that_of_kernels_on_the_other_rows():
    a, h = np.random.default_rng(0).standard_normal((6, 2)), 0.3
    expected = sum(
        np.log(
            np.mean(
                [multivariate_normal.pdf(a[i], np.sqrt(1 - h**2) * a[j], h**2 * np.eye(2)) for j in range(6) if j != i]
            )
        )
        for i in range(6)
    )
    assert leave_one_out(np.sum(a**2, axis=1), a @ a.T, k=2, h=h) == pytest.approx(expected, rel=1e-10)


def test_likelihood_chooses_wide_kernels_for_a_gaussian_and_narrow_ones_for_points():
    rng = np.random.default_rng(1)
    assert best_bandwidth(rng.standard_normal((500, 8))) > 0.9
    angle = 2 * np.pi * rng.integers(0, 8, 500) / 8
    points = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert best_bandwidth(points) < 0.02


def test_at_a_condition_it_has_the_regressed_moments(fitted):
    """Up to Monte Carlo error of the samples and of the 2,048 draws that it is calibrated with."""
    it, at = fitted(KDE(), n=1_000, q=1), np.array([0.4])
    moments = it.fit["representation"]["0"]["moments"]
    y, m, s = it.sample(at, N, jax.random.key(2)), mean_at(moments, at[None])[0], sd_at(moments, at[None])[0]
    error = np.sqrt(1 / N + 1 / 2_048)
    assert (abs(y.mean(axis=0) - m) < 4.5 * s * error).all()
    assert (abs(y.std(axis=0) / s - 1) < 4.5 * error).all()


@pytest.mark.parametrize(
    ("h", "verdict", "copies"), [(0.01, "copies training runs", (0.95, 1.0)), (1.0, "no sign", (0.0, 0.02))]
)
def test_narrow_kernels_copy_the_runs_and_the_gaussian_does_not(h, verdict, copies):
    """Of Gaussian rows, the law of which the Gaussian end learns."""
    runs = Pairs(np.zeros((1_000, 0)), np.random.default_rng(2).standard_normal((1_000, 4)))
    kde = KDE(bandwidth=h, **PLAIN)
    fit = kde.fit(runs, LAYOUT, key=jax.random.key(0), clock=Clock(), progress=silent)
    found = kde.diagnose(fit, runs, key=jax.random.key(1))["memorization"]
    assert found["verdict"] == verdict
    assert copies[0] <= found["copies"] <= copies[1]
    assert found["copies_held_out"] < 0.05


@pytest.mark.parametrize(("n", "q"), [(1_000, 1), (2, 0)])
def test_there_is_no_verdict_at_conditions_nor_from_two_runs(fitted, n, q):
    it = fitted(KDE(bandwidth=0.5, **PLAIN), n=n, q=q)
    assert KDE(bandwidth=0.5, **PLAIN).diagnose(it.fit, it.pairs, key=jax.random.key(0)) == {}
