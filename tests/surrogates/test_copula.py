"""Gaussian copula: marginals and rank correlations of the runs, their shrinkage, and Gaussian laws as they are."""

import jax
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp, spearmanr

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.errors import CellError
from sgmbench.learning.conditional_moments import mean_at, sd_at
from sgmbench.learning.representations.identity import Identity
from sgmbench.surrogates.copula import Copula, blom, normal_scores, quantile_functions, shrunk_correlation

M = 40_000
PLAIN = Copula(representation=(Identity(),), calibration=0)


def fit(method, y, given=None):
    """The sampler of a method that has learned rows y."""
    layout = Layout((Field("c", "m", (Axis("x", "m", tuple(np.arange(y.shape[1]) / 4)),)),))
    pairs = Pairs(np.zeros((len(y), 0)) if given is None else given, y)
    learned = method.fit(pairs, layout, key=jax.random.key(0), clock=Clock(), progress=silent)
    return method.prepare(learned, clock=Clock())


def drawn(method, y, n=M, seed=1):
    return fit(method, y)(np.zeros(0), n, jax.random.key(seed))


def chain(n, d, correlation, rng):
    """Rows of a Gaussian chain, unit variances, neighbors so correlated."""
    x = rng.standard_normal((n, d))
    for j in range(1, d):
        x[:, j] = correlation * x[:, j - 1] + np.sqrt(1 - correlation**2) * x[:, j]
    return x


@pytest.mark.parametrize("n", [20, 500])
def test_marginals_are_those_of_the_runs(fitted, n):
    """Within 5/(8n), by which Q and the runs' own distribution differ at most, and 2.3/M^(1/2): Kolmogorov's 4 s.e."""
    it = fitted(PLAIN, n=n, q=0)
    y = it.sample(np.zeros(0), M, jax.random.key(1))
    far = [ks_2samp(y[:, j], it.pairs.learned[:, j]).statistic for j in range(4)]
    assert max(far) < 0.625 / n + 2.3 / np.sqrt(M)


def test_tails_go_on_as_those_of_a_normal_law():
    """Of runs at the scores of N(3, 2^2) the quantile function is 3 + 2 z, as far out as a draw may be."""
    scores, quantiles = quantile_functions(3 + 2 * blom(np.arange(1, 51), 50)[:, None])
    np.testing.assert_allclose(quantiles[:, 0], 3 + 2 * scores, rtol=1e-12)
    assert (scores[0], scores[-1]) == (-10, 10)


@pytest.mark.parametrize("power", [1, 3])
def test_rank_correlations_of_samples_are_those_of_the_runs(power):
    """For a Gaussian copula of any marginals, here odd powers; both are estimates, from n runs and from M samples."""
    n = 4_000
    y = chain(n, 5, 0.7, np.random.default_rng(2)) ** power
    samples = drawn(PLAIN, y)
    error = spearmanr(samples).statistic - spearmanr(y).statistic
    assert abs(error).max() < 4 * np.sqrt(1 / n + 1 / M)


def test_normal_scores_of_samples_have_the_shrunk_correlation(fitted):
    """Within 4.5 s.e., (1 - r^2) / M^(1/2), whatever the runs' law is."""
    it = fitted(PLAIN, n=100, q=0)
    samples = it.sample(np.zeros(0), M, jax.random.key(3))
    z = np.stack([np.interp(x, q, s) for x, q, s in knots_of(samples, it.pairs.learned)], axis=1)
    expected = shrunk_correlation(normal_scores(it.pairs.learned))
    found = np.corrcoef(z.T)
    assert (abs(found - expected) <= 4.5 * (1 - expected**2) / np.sqrt(M) + 1e-12).all()
    assert np.linalg.norm(expected - np.corrcoef(normal_scores(it.pairs.learned).T)) > 0.01


def knots_of(samples, runs):
    scores, quantiles = quantile_functions(runs)
    return [(samples[:, j], quantiles[:, j], scores) for j in range(samples.shape[1])]


def affine(x):
    return 7 * x - 30


@pytest.mark.parametrize("increasing", [np.exp, np.cbrt, affine])
def test_an_increasing_map_of_a_coordinate_takes_samples_between_the_images_of_the_same_runs(fitted, increasing):
    """The same scores are drawn, bitwise; where the map is affine the samples are the images."""
    runs = fitted(PLAIN, n=200, q=0).pairs.learned
    images = runs.copy()
    images[:, 1] = increasing(runs[:, 1] - 10)
    np.testing.assert_array_equal(normal_scores(images), normal_scores(runs))
    one, two = (drawn(PLAIN, y, n=5_000) for y in (runs, images))
    for j in range(4):
        np.testing.assert_array_equal(
            *(np.searchsorted(np.sort(y[:, j]), x[:, j]) for x, y in ((one, runs), (two, images)))
        )
    np.testing.assert_array_equal(one[:, [0, 2, 3]], two[:, [0, 2, 3]])
    if increasing is affine:
        np.testing.assert_allclose(two[:, 1], increasing(one[:, 1] - 10), rtol=1e-9)


def test_a_gaussian_law_comes_back_with_more_equivalent_runs_than_were_learned_from():
    """N independent runs have the energy distance mu/N on average, each set's own subtracted here as a control.

    mu/N is the mean of D2(P_N, P); over replicates D2(Q, P) - D2(P_N, P) is below zero by more than 4 s.e.
    """
    n, d, m, rng = 128, 16, 2_000, np.random.default_rng(4)
    reference = chain(m, d, 0.5, rng)
    mu = cdist(reference, reference).sum() / (m * (m - 1))
    of_law, of_runs = [], []
    for i in range(12):
        runs = chain(n, d, 0.5, rng)
        samples = drawn(PLAIN, runs, n=m, seed=i)
        of_law.append(2 * cdist(samples, reference).mean() - cdist(samples, samples).sum() / (m * (m - 1)) - mu)
        of_runs.append(2 * cdist(runs, reference).mean() - cdist(runs, runs).mean() - mu)
    saved = np.subtract(of_runs, of_law)
    equivalent = mu / (mu / n - saved.mean())
    assert saved.mean() > 4 * saved.std(ddof=1) / np.sqrt(12)
    assert equivalent > 150


def test_the_weight_is_that_of_the_formula():
    z = normal_scores(chain(30, 3, 0.6, np.random.default_rng(5)))
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    S = {(i, j): np.mean(z[:, i] * z[:, j]) for i, j in pairs}
    variance = sum(np.var(z[:, i] * z[:, j], ddof=1) / 30 for i, j in pairs)
    w = variance / sum(value**2 for value in S.values())
    R = shrunk_correlation(z)
    assert 0.01 < w < 0.5
    for at in pairs:
        assert R[at] == pytest.approx((1 - w) * S[at], rel=1e-12)
    np.testing.assert_array_equal(np.diag(R), 1)


def test_shrinkage_brings_the_correlation_nearer_to_the_truth():
    """In the mean over 50 samples of 32 runs in 16 coordinates, and much where there is no correlation."""
    rng, gain = np.random.default_rng(6), {}
    for correlation in (0.0, 0.5):
        truth = correlation ** abs(np.subtract.outer(np.arange(16), np.arange(16)))
        scores = [normal_scores(chain(32, 16, correlation, rng)) for _ in range(50)]
        shrunk = [np.sum((shrunk_correlation(z) - truth) ** 2) for z in scores]
        plain = [np.sum((z.T @ z / 32 - truth) ** 2) for z in scores]
        saved = np.subtract(plain, shrunk)
        assert saved.mean() > 4 * saved.std(ddof=1) / np.sqrt(50)
        gain[correlation] = np.mean(shrunk) / np.mean(plain)
    assert gain[0.0] < 0.1


def test_constant_coordinates_stay_and_change_no_other():
    y = chain(60, 3, 0.6, np.random.default_rng(7))
    wider = np.insert(y, 1, 0.3, axis=1)
    samples = drawn(PLAIN, wider, n=1_000)
    np.testing.assert_array_equal(samples[:, 1], 0.3)
    kept = np.delete(shrunk_correlation(normal_scores(wider)), 1, axis=0)
    np.testing.assert_allclose(np.delete(kept, 1, axis=1), shrunk_correlation(normal_scores(y)), rtol=1e-12)
    np.testing.assert_array_equal(kept[:, 1], 0)


def test_equal_runs_have_equal_scores_and_keep_their_share():
    """A third of the runs are zero: so is a third of the samples, up to 5/(8n) and 4 s.e."""
    y = np.maximum(np.random.default_rng(8).standard_normal((300, 2)), 0)
    y[:100, 0], y[100:, 0] = 0, 1 + y[100:, 1]
    scores = normal_scores(y)[:, 0]
    assert len(set(scores[:100])) == 1
    share = np.mean(drawn(PLAIN, y)[:, 0] == 0)
    assert abs(share - 1 / 3) < 0.625 / 300 + 4 * np.sqrt(2 / 9 / M)


@pytest.mark.parametrize("at", [np.array([-0.6]), np.array([0.4])], ids=str)
def test_at_a_condition_it_has_the_regressed_moments_and_the_shape_of_the_nearest_runs(fitted, at):
    it = fitted(Copula(), n=1_000, q=1)
    moments = it.fit["representation"]["0"]["moments"]
    y, m, s = it.sample(at, M, jax.random.key(9)), mean_at(moments, at[None])[0], sd_at(moments, at[None])[0]
    error = np.sqrt(1 / M + 1 / 2_048)
    assert (abs(y.mean(axis=0) - m) < 4.5 * s * error).all()
    assert (abs(y.std(axis=0) / s - 1) < 4.5 * error).all()


@pytest.mark.parametrize("neighbors", [None, 20])
def test_a_condition_has_the_marginals_of_its_nearest_runs(fitted, neighbors):
    method = Copula(representation=(Identity(),), calibration=0, neighbors=neighbors)
    it, at, count = fitted(method, n=500, q=1), np.array([0.5]), neighbors or round(500**0.8)
    near = np.argsort(abs(it.pairs.given[:, 0] - 0.5))[:count]
    y = it.sample(at, M, jax.random.key(10))
    far = [ks_2samp(y[:, j], it.pairs.learned[near, j]).statistic for j in range(4)]
    assert max(far) < 0.625 / count + 2.3 / np.sqrt(M)


def test_scores_are_nearly_the_expected_order_statistics():
    """Blom's approximation is off by less than 0.002 sd for 20 draws, the simulation by less than 0.005, 4 s.e."""
    x = np.sort(np.random.default_rng(11).standard_normal((200_000, 20)), axis=1).mean(axis=0)
    scores, _ = quantile_functions(np.arange(20.0)[:, None])
    assert abs(scores[1:-1] - x).max() < 0.007


def test_refuses_a_single_run_and_calibration_that_cannot_work():
    with pytest.raises(CellError, match=r"^copula learns from 2 runs at least; it was given 1$"):
        fit(PLAIN, np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"^calibration: 1000 is not a power of two; write 2048, say, or 0$"):
        Copula(calibration=1_000)
    with pytest.raises(ValueError, match=r"^calibration: needs a representation with residual; write calibration: 0, "):
        Copula(representation=(Identity(),))
