"""Control variates: what they explain, what they leave, and that they touch neither mean nor variance."""

import numpy as np
import pytest

from sgmbench.learning.control_variates import Controls, controls_of

N = 4_000


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (N, 2)), rng.standard_normal((N, 3)), rng.standard_normal((N, 2))


def test_explains_a_link_that_varies_with_the_conditions_and_leaves_the_rest(drawn):
    """Residual (1 + u_1^2) r_1 + e / 10: what is left is e / 10."""
    u, r, e = drawn
    link = (1 + u[:, :1] ** 2) * r[:, :1]
    residual = link + 0.1 * e[:, :1]
    explained = controls_of(u, r).explain(residual, np.full((N, 1), 0.04))
    np.testing.assert_allclose(np.std(residual - explained), 0.1, rtol=0.03)
    assert np.corrcoef(explained[:, 0], link[:, 0])[0, 1] > 0.999


def test_residuals_without_a_link_stay_as_they_are(drawn):
    """m controls fit noise by m / n of its variance."""
    u, r, e = drawn
    controls = controls_of(u, r)
    explained = controls.explain(e, np.ones((N, 2)))
    m = controls.modes.shape[1] * controls.features.shape[1]
    assert np.mean(explained**2) == pytest.approx(m / N, rel=0.5)


def test_no_more_controls_than_one_for_20_runs(drawn):
    u, r, _ = drawn
    for n in (30, 200, 1_000):
        controls = controls_of(u[:n], r[:n])
        assert controls.modes.shape[1] * controls.features.shape[1] <= n // 20


def test_scale_of_the_residuals_is_no_matter(drawn):
    u, r, e = drawn
    residual = r[:, :1] + e[:, :1]
    plain, scaled = (controls_of(u, f * r).explain(residual, np.ones((N, 1))) for f in (1.0, 1e6))
    np.testing.assert_allclose(scaled, plain, rtol=1e-9, atol=1e-12)


def test_a_control_that_vanishes_in_all_runs_gets_no_part(drawn):
    """As where a condition is the same in all of them, and polynomials of it are 0."""
    u, r, e = drawn
    residual, variance = r[:, :1] + 0.1 * e[:, :1], np.ones((N, 1))
    plain = Controls(r, u).explain(residual, variance)
    with_nothing = Controls(r, np.hstack([u, np.zeros((N, 1))])).explain(residual, variance)
    np.testing.assert_allclose(with_nothing, plain, rtol=1e-9, atol=1e-12)


def test_explains_everything_by_itself(drawn):
    _, r, _ = drawn
    explained = Controls(r, np.ones((N, 1))).explain(r, np.ones((N, 3)))
    np.testing.assert_allclose(explained, r, atol=1e-5)


def test_squares_are_explained_around_their_mean_at_every_condition():
    """Modes of covariance C(u) known; of (G(u)'a + e / 10)^2 the control leaves what e / 10 does, of mean 1/100."""
    rng = np.random.default_rng(1)
    n = 40_000
    u = rng.uniform(-1, 1, (n, 1))
    covariance = np.moveaxis(np.array([[1 + 0.5 * u[:, 0], 0.3 * u[:, 0]], [0.3 * u[:, 0], 1 + 0 * u[:, 0]]]), -1, 0)
    modes = np.einsum("nij,nj->ni", np.linalg.cholesky(covariance), rng.standard_normal((n, 2)))
    residual = modes[:, :1] * (1 + u) + modes[:, 1:] * (0.5 - u) + 0.1 * rng.standard_normal((n, 1))
    controls = Controls(modes, np.hstack([np.ones((n, 1)), u]), covariance)
    control = controls.explain_squares(residual, np.ones((n, 1)))
    left = residual**2 - control
    truth = np.einsum("ni,nij,nj->n", np.hstack([1 + u, 0.5 - u]), covariance, np.hstack([1 + u, 0.5 - u]))
    np.testing.assert_allclose(left[:, 0].mean(), np.mean(truth + 0.01), rtol=0.005)
    assert np.std(left[:, 0] - truth) < 0.2 * np.std(residual[:, 0] ** 2 - truth)
    for at in np.array_split(np.argsort(u[:, 0]), 8):
        assert np.mean(left[at, 0] - truth[at]) == pytest.approx(0.01, abs=0.02)


def test_with_few_runs_squares_have_no_control(drawn):
    u, r, e = drawn
    assert not controls_of(u, r).explain_squares(e, np.ones((N, 2))).any()
