"""Control variates: what they explain, what they leave, and that they do not touch the mean."""

import numpy as np
import pytest

from sgmbench.learning.control_variates import Controls, controls_of

N = 4_000


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (N, 2)), rng.standard_normal((N, 3)), rng.standard_normal((N, 2))


def test_explains_a_link_that_varies_with_the_conditions_and_leaves_the_rest(drawn):
    """Residual (1 + u_1^2) r_1 + e / 10 of variance (1 + u_1^2)^2 + 1/100: what is left is e / 10."""
    u, r, e = drawn
    link = (1 + u[:, :1] ** 2) * r[:, :1]
    residual = link + 0.1 * e[:, :1]
    explained, share = controls_of(u, r).explain(residual, np.full((N, 1), 0.04))
    np.testing.assert_allclose(np.std(residual - explained), 0.1, rtol=0.03)
    np.testing.assert_allclose(share, 0.01 / 0.04, rtol=0.06)
    assert np.corrcoef(explained[:, 0], link[:, 0])[0, 1] > 0.999


def test_residuals_without_a_link_stay_as_they_are(drawn):
    """m controls fit noise by m / n of its variance."""
    u, r, e = drawn
    controls = controls_of(u, r)
    explained, share = controls.explain(e, np.ones((N, 2)))
    m = controls.values.shape[1]
    assert np.mean(explained**2) == pytest.approx(m / N, rel=0.5)
    np.testing.assert_allclose(share, np.var(e, axis=0) - m / N, atol=0.01)


def test_no_more_controls_than_one_for_20_runs(drawn):
    u, r, _ = drawn
    for n in (30, 200, 1_000):
        assert controls_of(u[:n], r[:n]).values.shape[1] <= n // 20


def test_scale_of_the_residuals_is_no_matter(drawn):
    u, r, e = drawn
    residual = r[:, :1] + e[:, :1]
    plain, scaled = (controls_of(u, f * r).explain(residual, np.ones((N, 1)))[0] for f in (1.0, 1e6))
    np.testing.assert_allclose(scaled, plain, rtol=1e-9, atol=1e-12)


def test_explains_everything_by_itself(drawn):
    _, r, _ = drawn
    _, share = Controls(r).explain(r, np.ones((N, 3)))
    assert share.max() < 1e-9
