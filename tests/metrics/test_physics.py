"""Constraints and faithfulness on a toy whose physics is u = z v, with u = 0 at the first point."""

import numpy as np
import pytest

from sgmbench.metrics.constraints import Constraints
from sgmbench.metrics.faithfulness import CHUNK, Faithfulness

Z = 2.5


@pytest.fixture
def truth(reference, physical):
    v = np.random.default_rng(0).standard_normal((1_500, 4)) * [0, 1, 1, 1]
    return reference(np.column_stack([Z * v, v]), z=(Z,), problem=physical, u=(4,), v=(4,))


def test_runs_of_the_solver_obey(truth, samples):
    assert Constraints().score(samples(truth.values, truth), truth) == {"u.first": 0.0}
    assert Faithfulness(rows=1_500).score(samples(truth.values, truth), truth) == pytest.approx({"u": 0.0}, abs=1e-12)


def test_one_violation_is_found_and_measured_in_sds(truth, samples):
    rows = truth.values.copy()
    rows[1_234, 0] = -3 * truth.field_sd[0]
    assert Constraints().score(samples(rows, truth), truth)["u.first"] == pytest.approx(3)


def test_disobedience_is_its_rms(truth, samples):
    """Noise of a sds on u is a; u and v drawn apart are sqrt(2)."""
    rng = np.random.default_rng(1)
    noisy = truth.values.copy()
    noisy[:, :4] += 0.1 * truth.field_sd[:4] * rng.choice([-1, 1], noisy[:, :4].shape)
    assert Faithfulness(rows=1_500).score(samples(noisy, truth), truth)["u"] == pytest.approx(0.1)
    apart = np.column_stack([truth.values[:, :4], np.roll(truth.values[:, 4:], 1, axis=0)])
    assert Faithfulness(rows=1_500).score(samples(apart, truth), truth)["u"] == pytest.approx(np.sqrt(2), rel=0.1)


def test_every_chunk_counts_and_padding_does_not(truth, samples):
    """One wrong row, in the short last chunk or in the last place of a full one, weighs 1 / n."""
    for row in (CHUNK - 1, 1_499):
        rows = truth.values.copy()
        rows[row, :4] += 10 * truth.field_sd[:4]
        score = Faithfulness(rows=1_500).score(samples(rows, truth), truth)["u"]
        assert score == pytest.approx(10 / np.sqrt(1_500))


def test_a_failed_solution_is_no_number(truth, samples):
    rows = truth.values.copy()
    rows[3, 5] = np.nan  # the toy's solution of it is NaN
    assert np.isnan(Faithfulness().score(samples(rows, truth), truth)["u"])


def test_they_do_not_apply_elsewhere(reference, samples, truth, physical):
    plain = reference(truth.values, u=(8,))
    marginal = reference(truth.values, problem=physical, u=(4,), v=(4,))
    assert Constraints().score(samples(truth.values, plain), plain) == {}
    assert Faithfulness().score(samples(truth.values, plain), plain) == {}
    assert Faithfulness().score(samples(truth.values, marginal), marginal) == {}
