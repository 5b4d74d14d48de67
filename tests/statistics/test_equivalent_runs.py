"""Equivalent runs: inversion, coverage, what is only a lower bound, and the samples drawn."""

import numpy as np
import pytest

from sgmbench.statistics.equivalent_runs import (
    SharedNoise,
    equivalent_runs,
    equivalent_runs_of_errors,
    generator_equivalent,
    inverse_equivalent_runs,
    samples_needed,
)


def test_the_mean_is_inverted_not_the_values():
    found = equivalent_runs(np.array([0.001, 0.003] * 10), mu=1.0)
    assert found.value == pytest.approx(1 / 0.002)


@pytest.mark.parametrize("relative_sd", [0.05, 0.3])
def test_the_interval_covers_the_truth(relative_sd):
    """FACTS: 91 to 95 % over 5 replicates; where only a bound is given, it must lie below the truth."""
    rng = np.random.default_rng(0)
    found = [equivalent_runs(0.002 * rng.normal(1, relative_sd, 5), mu=1.0) for _ in range(2_000)]
    covered = [r.value <= 500 if r.at_least else r.low <= 500 <= r.high for r in found]
    assert 0.91 < np.mean(covered) < 0.985


def test_skewed_replicates_as_in_one_dimension_are_covered():
    """In d = 1 one replicate of D2 has a relative sd of 76 %: much like a gamma law of shape 1.7."""
    rng = np.random.default_rng(1)
    found = [equivalent_runs(0.002 / 1.7 * rng.gamma(1.7, size=5), mu=1.0) for _ in range(2_000)]
    covered = [r.value <= 500 if r.at_least else r.low <= 500 <= r.high for r in found]
    assert np.mean(covered) > 0.88


def test_no_error_beyond_noise_is_at_least_the_lower_end():
    noisy = np.array([-1e-4, 2e-4, 3e-4])
    found = equivalent_runs(noisy, mu=1.0, cap=10_000.0)
    half = 4.302653 * noisy.std(ddof=1) / np.sqrt(3)
    assert found.at_least
    assert found.value == pytest.approx(1 / (noisy.mean() + half))
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("d2", [[-2e-4, -1.9e-4, -2.1e-4], [1e-5, 1.1e-5, 0.9e-5], [-1e-4], [1e-5]])
def test_nothing_above_the_cap_is_claimed(d2):
    found = equivalent_runs(np.array(d2), mu=1.0, cap=3_000.0)
    assert found.at_least
    assert found.value == 3_000


def test_one_replicate_has_a_value_and_no_interval():
    found = equivalent_runs(np.array([0.01]), mu=2.0, cap=3_000.0)
    assert (found.value, found.low, found.high, found.at_least) == (200, None, None, False)


def test_what_is_not_a_number_stays_none():
    assert np.isnan(equivalent_runs(np.array([np.nan, 0.1]), mu=1.0, cap=10.0).value)
    assert equivalent_runs(np.array([np.inf, 0.1]), mu=1.0, cap=10.0).value == 0


def test_samples_of_an_exact_law_are_worth_their_number():
    assert generator_equivalent(d2=0.0, mu=2.0, mu_samples=2.0, samples=777) == pytest.approx(777)
    assert inverse_equivalent_runs(0.01, 2.0, mu_samples=2.0, samples=100) == pytest.approx(0.005 + 0.01)
    assert generator_equivalent(d2=-0.1, mu=2.0, mu_samples=2.0, samples=100) == float("inf")


@pytest.mark.parametrize(("runs", "n_eq"), [(100.0, 2_700.0), (1_250.0, 1_300.0), (10.0, float("inf"))])
def test_the_samples_needed_are_worth_the_runs_asked(runs, n_eq):
    samples = samples_needed(runs=runs, n_eq=n_eq)
    assert generator_equivalent(d2=3 / n_eq, mu=3.0, mu_samples=3.0, samples=samples) == pytest.approx(runs)


def test_no_number_of_samples_is_worth_more_than_their_law():
    assert samples_needed(runs=300.0, n_eq=300.0) == float("inf")
    assert samples_needed(runs=301.0, n_eq=300.0) == float("inf")


def test_of_a_mean_and_a_standard_deviation_plain_monte_carlo_is_worth_its_runs():
    """Against a reference of 1,000 runs each, whose own error is taken out: N = 64 within the interval."""
    rng = np.random.default_rng(5)
    N, n, replicates = 64, 1_000, 4_000
    runs, truth = rng.standard_normal((replicates, N)), rng.standard_normal((replicates, n))
    by_mean, by_sd = (
        (runs.mean(axis=1) - truth.mean(axis=1), 1.0),
        (runs.std(axis=1, ddof=1) - truth.std(axis=1, ddof=1), 0.5),
    )
    for errors, v in (by_mean, by_sd):
        found = equivalent_runs_of_errors(errors, variance=v, reference=n, is_reference_shared=False)
        assert found.low < N < found.high
        assert found.high / found.low < 1.15


def test_of_a_biased_law_the_samples_drawn_are_no_matter():
    """A mean off by 0.05 sd is worth 400 runs, whether 500 samples are scored or 5,000."""
    rng = np.random.default_rng(6)
    for M in (500, 5_000):
        errors = 0.05 + rng.standard_normal(20_000) / np.sqrt(M) - rng.standard_normal(20_000) / np.sqrt(10_000)
        found = equivalent_runs_of_errors(errors, variance=1.0, reference=10_000, samples=M, is_reference_shared=False)
        assert found.low < 400 < found.high
        assert found.high / found.low < 1.1


@pytest.mark.parametrize("N", [100, 300, 1_000, 1_800])
@pytest.mark.parametrize("R", [3, 10])
def test_of_a_biased_law_the_interval_holds_what_one_reference_hides(N, R):
    """Replicates agree with each other and not with the truth: without the reference's noise .42 to .92 are."""
    rng, n, trials = np.random.default_rng(N + R), 6_000, 2_000
    errors = N**-0.5 + (rng.standard_normal((trials, R)) - rng.standard_normal((trials, 1))) / np.sqrt(n)
    found = [equivalent_runs_of_errors(e, variance=1.0, reference=n, samples=n, cap=n / 3) for e in errors]
    assert np.mean([r.value <= N if r.at_least else r.low <= N <= r.high for r in found]) > 0.92


def test_what_replicates_share_is_not_averaged_away():
    agreeing = np.full(1_000, 0.01)
    found = equivalent_runs(agreeing, mu=1.0, shared=SharedNoise(0.002**2, slope=0.0))
    assert (found.low, found.high) == pytest.approx((100 * np.exp(-0.392), 100 * np.exp(0.392)))
    found = equivalent_runs(agreeing, mu=1.0, shared=SharedNoise(0.006**2, slope=0.004))
    assert found.at_least
    assert found.value == pytest.approx(1 / (0.01 + 1.96 * 0.006 + 1.96**2 * 0.001))
