"""What a gradient counts as: the arithmetic of its measurement, and the work that is timed."""

import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.montecarlo import gradient_price
from sgmbench.montecarlo.gradient_price import SECONDS, price_of_gradient, ratio_of_seconds, turns_and_rows
from sgmbench.problems.linear_gaussian import LinearGaussian

DATA = (0.5, -1.0, 0.2)


def timed(first, second):
    """The ratio of calls that take so many seconds by a clock that they alone move."""
    now = [0.0]

    def call(durations):
        left = iter(durations)

        def spend():
            now[0] += next(left)

        return spend

    return ratio_of_seconds(call(first), call(second), turns=len(first) - 1, now=lambda: now[0])


def test_first_calls_are_not_timed_and_one_disturbance_changes_nothing():
    assert timed([900.0, 1, 1, 1, 1, 1], [100.0, 4, 4, 4000, 4, 4]) == 4
    assert timed([1.0, 1, 50, 1, 1, 1], [1.0, 4, 4, 4, 4, 4]) == 4


def test_a_machine_that_slows_down_tells_the_same_ratio():
    first = 2.0 ** np.arange(8)
    assert timed(first, 3 * first) == 3


@pytest.mark.parametrize(
    ("seconds_a_row", "expected"),
    [(0.0, (15, 2048)), (1e-9, (15, 2048)), (1e-3, (15, 8)), (0.01, (14, 1)), (0.03, (4, 1)), (20.0, (3, 1))],
)
def test_all_turns_together_take_the_time_that_there_is_or_are_the_fewest(seconds_a_row, expected):
    """And at least half of it, unless a run is so cheap that the most are soon made."""
    assert turns_and_rows(seconds_a_row) == expected
    turns, rows = expected
    taken = 2 * (turns + 1) * rows * seconds_a_row
    assert taken <= SECONDS * (1 + 1e-12) or (turns, rows) == (3, 1)
    assert taken > SECONDS / 2 or rows == 2048


def test_values_and_gradients_are_those_of_the_last_draws_of_all_chains_in_turns(monkeypatch):
    """Of a Gaussian posterior: log p + const = -(z - mu)' C^-1 (z - mu) / 2 with z = s zeta, its gradient in zeta."""
    problem = LinearGaussian(dimension=3, coupling=0.6, prior_sd=0.7, noise_sd=0.4)
    position, made = np.random.default_rng(0).normal(size=(5, 4, 3)), {}

    def ratio(first, second, *, turns):
        made["value"], made["both"] = first(), second()
        return made["ratio"]

    monkeypatch.setattr(gradient_price, "ratio_of_seconds", ratio)
    for made["ratio"], price in ((4.3, 4.3), (0.9, 1.0)):
        assert price_of_gradient(problem, DATA, position, seconds_a_row=1e-3) == price
    off = 0.7 * position[[4, 3, 2, 1, 0, 4, 3, 2]] - np.asarray(problem.posterior_mean(jnp.asarray(DATA)))
    scaled = off @ np.linalg.inv(problem.posterior_covariance())
    value, (again, gradient) = np.asarray(made["value"]), map(np.asarray, made["both"])
    np.testing.assert_allclose(gradient, -0.7 * scaled, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(value, again, rtol=1e-12)
    np.testing.assert_allclose(value - value[0, 0], -(np.sum(off * scaled, axis=2) - off[0, 0] @ scaled[0, 0]) / 2)
