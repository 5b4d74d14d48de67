"""Energy distance: what makes equivalent runs of it."""

import numpy as np
import pytest
from chance import mean_and_error
from scipy.stats import norm

from sgmbench.metrics.energy import Energy
from sgmbench.report.worth import shared_noise
from sgmbench.statistics.equivalent_runs import equivalent_runs

NORMS = ("field_l2", "standardized")
VARIANCE = (("d2", 1), ("reference_variance", 2))  # in units of mu


def score(x, truth, samples, norm="field_l2", **options):
    return Energy(norm=norm).score(samples(x, truth, **options), truth)


@pytest.mark.parametrize(("N", "d", "replicates"), [(128, 1, 100), (1_024, 16, 20)])
def test_a_set_of_n_runs_is_worth_n_runs(reference, samples, N, d, replicates):
    """E D2(P_N, P) = mu / N by the V form, for independent pairs of set and reference."""
    rng = np.random.default_rng(N + d)
    inverse = []
    for _ in range(replicates):
        truth = reference(rng.standard_normal((2_000, d)))
        scores = score(rng.standard_normal((N, d)), truth, samples, is_law=False)
        inverse.append(scores["d2"] / scores["mu"])
    mean, error = mean_and_error(inverse)
    assert abs(mean - 1 / N) < 4 * error
    assert error < 0.35 / N


def expected_distance(mean, sd):
    """E|Z| of Z ~ N(mean, sd^2)."""
    return sd * np.sqrt(2 / np.pi) * np.exp(-((mean / sd) ** 2) / 2) + mean * (1 - 2 * norm.cdf(-mean / sd))


@pytest.mark.parametrize(("mean", "sd"), [(1.0, 1.0), (0.0, 2.0), (0.5, 0.5)])
def test_normal_laws_have_their_closed_form(reference, samples, mean, sd):
    """Quantiles at midpoints stand for the laws, so that only the quadrature's error is left."""
    n = 4_000
    points = norm.ppf((np.arange(n) + 0.5) / n)[:, None]
    truth = reference(points)
    scores = score(mean + sd * points, truth, samples)
    unit = truth.sd[0]
    cross, own = expected_distance(mean, np.hypot(1, sd)), 2 / np.sqrt(np.pi)
    assert scores["d2"] * unit == pytest.approx(2 * cross - own * (1 + sd), abs=2e-3)
    assert scores["mu"] * unit == pytest.approx(own, rel=2e-3)
    assert scores["mu_samples"] * unit == pytest.approx(sd * own, rel=2e-3)


@pytest.mark.parametrize("norm_name", NORMS)
@pytest.mark.parametrize("d", [1, 4])
def test_the_variance_told_is_that_over_references(reference, samples, norm_name, d):
    """One biased law against 200 references."""
    rng = np.random.default_rng(d)
    x = 0.3 + rng.standard_normal((500, d))
    found = [score(x, reference(rng.standard_normal((300, d))), samples, norm_name) for _ in range(200)]
    d2, told = (np.array([each[part] / each["mu"] ** power for each in found]) for part, power in VARIANCE)
    assert d2.var(ddof=1) == pytest.approx(told.mean(), rel=0.3)


@pytest.mark.parametrize(("b", "R"), [(0.2, 3), (0.113, 3), (0.113, 5)])
def test_equivalent_runs_of_a_biased_law_are_covered(reference, samples, b, R):
    """A law off by b, of which R sets are scored against one reference; without its noise .72 to .85 are covered."""
    rng, n, held = np.random.default_rng(R), 500, []
    truth = 2 * (expected_distance(b, np.sqrt(2)) - expected_distance(0, np.sqrt(2)))
    N = expected_distance(0, np.sqrt(2)) / truth
    for _ in range(120):
        drawn = reference(rng.standard_normal((n, 1)))
        scores = [score(b + rng.standard_normal((n, 1)), drawn, samples) for _ in range(R)]
        by = {f"energy/{part}": {"c": [each[part] for each in scores]} for part in scores[0]}
        shared = shared_noise(by, "energy", "c", n)
        runs = equivalent_runs(np.array(by["energy/d2"]["c"]), mu=by["energy/mu"]["c"][0], cap=n / 3, shared=shared)
        held.append(runs.value <= N if runs.at_least else runs.low <= N <= runs.high)
    assert np.mean(held) > 0.88


def test_duplicates_of_their_own_runs_count_as_given(reference, samples):
    """The bootstrap of N rows is, as a law, at D2 = V form of the N rows: E is mu / N whatever the number drawn."""
    rng = np.random.default_rng(6)
    truth = reference(rng.standard_normal((1_000, 4)))
    rows = rng.standard_normal((50, 4))
    finite = score(rows, truth, samples, is_law=False)
    drawn = [score(rows[rng.integers(50, size=1_000)], truth, samples) for _ in range(20)]
    mean, error = mean_and_error([scores["d2"] for scores in drawn])
    assert abs(mean - finite["d2"]) < 4 * error
    assert error < 0.1 * finite["d2"]


def test_pairs_of_one_run_do_not_count_for_a_law(reference, samples):
    """Antithetic pairs (x, -x) have the right law; without their common run the U form would be off."""
    rng = np.random.default_rng(7)
    d2 = []
    for _ in range(60):
        half = rng.standard_normal((60, 2))
        truth = reference(rng.standard_normal((500, 2)))
        d2.append(score(np.concatenate([half, -half]), truth, samples, run=np.tile(np.arange(60), 2))["d2"])
    mean, error = mean_and_error(d2)
    assert abs(mean) < 4 * error


def test_float32_error_is_below_1e5_of_mu(reference, samples, monkeypatch):
    rng = np.random.default_rng(8)
    truth_rows = 1e3 + rng.standard_normal((1_500, 50)) @ rng.standard_normal((50, 200))
    x = truth_rows[rng.integers(40, size=1_500)]
    single = score(x, reference(truth_rows), samples)
    monkeypatch.setattr("sgmbench.metrics.pairwise.LARGEST", 0.0)
    double = score(x, reference(truth_rows), samples)
    assert abs(single["d2"] - double["d2"]) < 1e-5 * double["mu"]
    assert single["mu_samples"] == pytest.approx(double["mu_samples"], abs=1e-5 * double["mu"])
