"""How long the chains of a reference are, by chains whose worth is known.

An autoregression x' = rho x + (1 - rho^2)^1/2 n has standard normal draws, m of which are worth m (1 - rho)/(1 + rho).
"""

import numpy as np
import pytest
from scipy.signal import lfilter

from sgmbench.core.clock import Clock
from sgmbench.core.inverse import parameters_of
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.montecarlo import posterior_runs
from sgmbench.montecarlo.nuts import Chains
from sgmbench.montecarlo.posterior_runs import PosteriorRuns
from sgmbench.problems.sir import SIR
from sgmbench.statistics.chains import ess_bulk, r_hat

DATA = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)


@pytest.fixture
def drawn(monkeypatch):
    """n draws of z by chains of one rho, apart by `offset`; their positions; and the transitions of each attempt."""

    def draw(n, rho, *, offset=0.0):
        attempts, noise = [], np.random.default_rng(0).standard_normal((64_000, 4, 2))
        noise[1:] *= np.sqrt(1 - rho**2)
        position = lfilter([1.0], [1.0, -rho], noise, axis=0) + offset * np.arange(4)[:, None]

        def run(problem, plan, data, **_):
            attempts.append(plan.transitions)
            made = position[: plan.transitions]
            return Chains(made, np.zeros(made.shape[:2], bool), plan.warmup, 0, 0, plan.chains * plan.transitions)

        monkeypatch.setattr(posterior_runs, "run_chains", run)
        monkeypatch.setattr(posterior_runs, "program", lambda *_: lambda *_: None)
        problem = PosteriorRuns(SIR(), Clock())
        return (lambda: problem(n, key=stream(0, "a"), z=DATA)), position, attempts

    return draw


@pytest.mark.parametrize(("rho", "thinning"), [(0.0, 2), (0.5, 4), (0.7, 8), (0.85, 16)])
def test_chains_are_as_long_as_makes_them_worth_the_draws(drawn, rho, thinning):
    """(1 + rho)/(1 - rho) = 1, 3, 5.7, 12.3 transitions for each; the draws that are kept are evenly apart."""
    make, position, attempts = drawn(2_000, rho)
    runs = make()
    assert attempts == [500 * k for k in (2, 4, 8, 16) if k <= thinning]
    assert runs.executed == 4 * sum(attempts)
    kept = position[thinning - 1 : 500 * thinning : thinning].reshape(-1, 2)
    np.testing.assert_array_equal(runs.y, parameters_of(SIR(), kept))


def test_few_draws_are_of_chains_that_can_be_judged(drawn):
    make, position, attempts = drawn(6, 0.0)
    np.testing.assert_array_equal(make().y, parameters_of(SIR(), position[124:250:125].reshape(-1, 2)[:6]))
    assert attempts == [250]


REMEDY = "give the problem an exact posterior (KnownPosterior), or write other data"


def test_chains_that_are_worth_too_little_are_no_reference(drawn):
    make, position, attempts = drawn(2_000, 0.95)
    with pytest.raises(CellError) as caught:
        make()
    made = position[:8_000]
    worth = [ess_bulk(made[..., i].T) for i in range(2)]
    name = ("contact_rate", "recovery_rate")[int(np.argmin(worth))]
    assert str(caught.value) == (
        f"no reference of the posterior at the data (0, 1, 2, 3, ...): 32,000 draws of {name} are worth "
        f"{min(worth):,.0f} independent ones, fewer than 2,000; {REMEDY}"
    )
    assert attempts == [1_000, 2_000, 4_000, 8_000]


def test_chains_in_several_places_are_no_reference(drawn):
    make, position, _ = drawn(2_000, 0.0, offset=1.0)
    with pytest.raises(CellError) as caught:
        make()
    made = position[:8_000]
    found = [r_hat(made[..., i].T) for i in range(2)]
    name = ("contact_rate", "recovery_rate")[int(np.argmax(found))]
    assert str(caught.value) == (
        f"no reference of the posterior at the data (0, 1, 2, 3, ...): 4 chains of 8,000 draws have not mixed, R-hat "
        f"of {name} is {max(found):.3f} and not below 1.01; {REMEDY}"
    )
