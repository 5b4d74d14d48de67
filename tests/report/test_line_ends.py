"""Places of names: as near to the ends of lines as names that do not touch can be."""

import numpy as np
import pytest
from scipy.optimize import minimize

from sgmbench.report.figures.line_ends import spread


def test_ends_that_are_apart_stay_and_others_part_around_their_mean():
    assert spread(np.array([0.1, 0.5, 0.9]), 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert spread(np.array([0.2, 0.5, 0.5, 0.5]), 0.1) == pytest.approx([0.2, 0.4, 0.5, 0.6])
    assert spread(np.array([0.5, 0.56]), 0.1) == pytest.approx([0.48, 0.58])


def test_at_the_border_names_stay_inside_and_too_many_share_the_height():
    assert spread(np.zeros(3), 0.1) == pytest.approx([0, 0.1, 0.2])
    assert spread(np.ones(3), 0.1) == pytest.approx([0.8, 0.9, 1])
    assert spread(np.full(21, 0.3), 0.1) == pytest.approx(np.linspace(0, 1, 21))


def test_no_other_places_are_nearer():
    """Against a general minimizer with the same constraints."""
    rng, gap = np.random.default_rng(0), 0.08
    for _ in range(5):
        y = np.sort(rng.beta(2, 2, 8))
        found = spread(y, gap)
        apart = {"type": "ineq", "fun": lambda p: np.diff(p) - gap}
        best = minimize(lambda p, y=y: np.sum((p - y) ** 2), np.linspace(0.1, 0.9, 8), constraints=apart, tol=1e-12)
        assert np.diff(found).min() >= gap - 1e-12
        assert np.sum((found - y) ** 2) == pytest.approx(best.fun, abs=1e-6)
