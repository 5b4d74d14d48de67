"""Log spectra: a cosine is one mode, a stretch is a constant, lost modes are seen."""

import numpy as np
import pytest

from sgmbench.metrics.fields import uniform_fields
from sgmbench.metrics.spectrum import NEGLIGIBLE, Spectrum, mean_power


@pytest.mark.parametrize("k", [1, 5, 31])
def test_a_cosine_is_one_mode(reference, k):
    """On midpoints cos(pi k x) is a basis vector of the transform, of power (amplitude^2) n / 2."""
    rng = np.random.default_rng(k)
    x = (np.arange(32) + 0.5) / 32
    truth = reference(7 + rng.standard_normal((300, 1)) * np.cos(np.pi * k * x))
    power = mean_power(truth.values, next(uniform_fields(truth)), truth)
    amplitude = (truth.values - truth.mean)[:, 0] / np.cos(np.pi * k * x[0])
    assert power[k] == pytest.approx(np.mean(amplitude**2) * 16)
    assert np.delete(power, k) == pytest.approx(0, abs=1e-12 * power[k])


def test_a_stretch_shifts_the_log_spectrum(reference, samples):
    truth = reference(np.random.default_rng(0).standard_normal((200, 20)), u=(4, 5))
    stretched = truth.mean + 1.5 * (truth.values - truth.mean)
    assert Spectrum().score(samples(stretched, truth), truth)["u"] == pytest.approx(2 * np.log(1.5))


def test_a_lost_mode_counts_by_its_depth(reference, samples):
    rng = np.random.default_rng(1)
    x = (np.arange(16) + 0.5) / 16
    modes = np.cos(np.pi * np.outer([1, 2], x))
    truth = reference(rng.standard_normal((500, 2)) @ modes)
    first_alone = truth.mean + ((truth.values - truth.mean) @ modes[:1].T / 8) @ modes[:1]
    score = Spectrum().score(samples(first_alone, truth), truth)["u"]
    power = mean_power(truth.values, next(uniform_fields(truth)), truth)[1:3]
    assert score == pytest.approx(abs(np.log(NEGLIGIBLE * power.sum() / power[1])) / np.sqrt(2), rel=1e-3)


def test_exact_samples_have_the_error_of_their_number(reference, samples):
    """Log of a ratio of mean squares over n normal values each has variance 2 (2 / n)."""
    rng = np.random.default_rng(2)
    truth = reference(rng.standard_normal((2_000, 200)))
    score = Spectrum().score(samples(rng.standard_normal((2_000, 200)), truth), truth)["u"]
    assert score == pytest.approx(np.sqrt(4 / 2_000), rel=0.2)
