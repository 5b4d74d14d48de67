"""Crossovers by formula against search; costs are whole seconds, so that comparisons are exact."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgmbench.statistics.crossover import (
    Offer,
    by_conditions,
    by_cost_per_run,
    cheapest,
    cost,
    crossover_conditions,
    crossover_cost_per_run,
    reign,
    takes_over,
)

TOLERANCE = 0.5
LIMIT = 100_000

costs = st.integers(0, 50).map(float)
variances = st.integers(1, 5).map(float)
biases = st.sampled_from([0.0, 1 / 16, 1 / 8, 1 / 4, 1.0])  # the last two are infeasible at the tolerance


@st.composite
def offers(draw):
    quantities = ["mean", "sd"][: draw(st.integers(1, 2))]
    is_sampler = draw(st.booleans())
    return Offer(
        label="any",
        budget=draw(st.integers(1, 500)),
        is_sampler=is_sampler,
        bias2={q: 0.0 if is_sampler else draw(biases) for q in quantities},
        variance={q: draw(variances) for q in quantities},
        upfront=float(draw(st.integers(0, 2_000))),
        seconds_a_sample=float(draw(st.integers(0, 3))),
        extra_samples=draw(st.integers(0, 3)),
        fewest=draw(st.sampled_from([2.0, 4.5, 30.0])),
    )


def cost_at(offer, Q, c):
    return cost(offer, tolerance=TOLERANCE, conditions=Q, cost_per_run=c)


def brute_force_costs(offer, Q, c):
    """The least cost over the numbers of samples that meet the tolerance, for an array of Q."""
    numbers = [offer.fewest, *range(2, 50)]  # 5 / (1/4 - 1/8) = 40 is the most that any offer here needs
    numbers = [m for m in numbers if m >= offer.fewest]
    meets = [m for m in numbers if all(b + offer.variance[q] / m <= TOLERANCE**2 for q, b in offer.bias2.items())]
    each = meets[0] if meets else math.inf
    if offer.is_sampler:
        return offer.upfront + Q * each * (c + offer.seconds_a_sample)
    # an infinite number of samples is infinitely dear, even where a sample costs nothing
    sampling = Q * (each + offer.extra_samples) * offer.seconds_a_sample if meets else math.inf + 0 * Q
    return offer.budget * c + offer.upfront + sampling


@given(offers(), st.integers(1, 100), costs)
def test_cost_is_the_least_that_meets_the_tolerance(offer, Q, c):
    assert cost_at(offer, Q, c) == brute_force_costs(offer, Q, c)


@given(offers(), offers(), costs)
def test_the_crossover_is_the_first_number_of_conditions_that_is_cheaper(offer, rival, c):
    Q = np.arange(1, LIMIT)
    cheaper = brute_force_costs(offer, Q, c) < brute_force_costs(rival, Q, c)
    searched = Q[cheaper][0] if cheaper.any() else math.inf
    found = crossover_conditions(offer, rival, tolerance=TOLERANCE, cost_per_run=c)
    assert found == searched or (found >= LIMIT and math.isinf(searched))


@given(offers(), offers(), st.integers(1, 50))
def test_beyond_the_crossover_in_cost_per_run_it_is_cheaper_and_just_before_it_is_not(offer, rival, Q):
    c = crossover_cost_per_run(offer, rival, tolerance=TOLERANCE, conditions=Q)
    if math.isinf(c):
        assert cost_at(offer, Q, 1e9) >= cost_at(rival, Q, 1e9)
        return
    assert cost_at(offer, Q, 1.001 * c + 1e-6) < cost_at(rival, Q, 1.001 * c + 1e-6)
    if c > 0:
        assert cost_at(offer, Q, 0.999 * c) > cost_at(rival, Q, 0.999 * c)


@given(st.lists(offers(), max_size=6), st.integers(1, 100), costs)
def test_the_cheapest_has_the_least_cost(group, Q, c):
    found = cheapest(group, tolerance=TOLERANCE, conditions=Q, cost_per_run=c)
    least = min((cost_at(offer, Q, c) for offer in group), default=math.inf)
    assert (found is None and math.isinf(least)) or cost_at(found, Q, c) == least


@given(offers())
def test_feasible_is_any_tolerance_above_the_worst_bias(offer):
    worst = offer.smallest_tolerance
    assert offer.is_feasible(1.001 * worst + 1e-9)
    assert not offer.is_feasible(0.999 * worst)


@given(offers(), offers(), costs)
def test_only_one_of_two_takes_over_from_the_other_for_good(offer, rival, c):
    lines = [by_conditions(o, tolerance=TOLERANCE, cost_per_run=c) for o in (offer, rival)]
    assert math.isinf(takes_over(*lines)) or math.isinf(takes_over(*reversed(lines)))


@given(st.lists(offers(), min_size=1, max_size=6), st.integers(1, 100), costs)
def test_beyond_a_reign_somebody_else_is_cheapest(group, Q, c):
    def label(eps):
        found = cheapest(group, tolerance=eps, conditions=Q, cost_per_run=c)
        return found and found.label

    group = [replace(offer, label=str(i)) for i, offer in enumerate(group)]
    found, own = reign(group, tolerance=TOLERANCE, conditions=Q, cost_per_run=c), label(TOLERANCE)
    assert (found is None) == (own is None)
    if found is None:
        return
    assert found.low <= TOLERANCE <= found.high
    for end, beyond, other in ((found.low, 1 - 1e-7, found.below), (found.high, 1 + 1e-7, found.above)):
        if 0 < end < math.inf:
            assert label(end) == own
            assert label(end * beyond) == (other and other.label) != own


@given(offers(), st.integers(1, 9).map(float), st.integers(1, 100), costs)
def test_the_price_of_a_run_multiplies_its_cost_and_nothing_else(offer, p, Q, c):
    assert cost_at(replace(offer, price=p), Q, c) == cost_at(offer, Q, p * c if offer.is_sampler else c)
    assert replace(offer, price=p).samples_each(TOLERANCE) == offer.samples_each(TOLERANCE)


@given(st.integers(1, 50).map(float), st.integers(1, 500), st.integers(1, 5).map(float), st.integers(1, 50).map(float))
def test_a_crossover_with_chains_comes_earlier_by_exactly_their_price(p, N, v, c):
    """A Generator whose samples cost nothing, and chains that take n = 4 v runs: N c / (n p c), and U / (Q n p - N)."""
    chains = Offer("chains", 0, True, {"mean": 0.0}, {"mean": v})
    law = Offer("law", N, False, {"mean": 0.0}, {"mean": 1.0})
    plain, dear = (by_conditions(replace(chains, price=q), tolerance=TOLERANCE, cost_per_run=c) for q in (1.0, p))
    own = by_conditions(law, tolerance=TOLERANCE, cost_per_run=c)
    assert p * takes_over(own, dear) == pytest.approx(takes_over(own, plain), rel=1e-14)
    trained = replace(law, budget=0, upfront=60.0)
    costs_a_run = [
        crossover_cost_per_run(trained, replace(chains, price=q), tolerance=TOLERANCE, conditions=7) for q in (1.0, p)
    ]
    assert p * costs_a_run[1] == pytest.approx(costs_a_run[0], rel=1e-14)


@pytest.fixture
def monte_carlo():
    return Offer("monte_carlo", 0, True, {"mean": 0.0, "sd": 0.0}, {"mean": 1.0, "sd": 0.5})


@pytest.fixture
def generator():
    bias2 = {"mean": 1e-4, "sd": 2e-4}
    return Offer("diffusion", 25_000, False, bias2, {"mean": 1.0, "sd": 0.5}, upfront=120.0, seconds_a_sample=2.6e-4)


def test_the_published_kind_of_case_by_hand(monte_carlo, generator):
    """2 %: 2,500 runs or 1 / (4e-4 - 1e-4) = 3,334 samples; at 1 ms a run (25 + 120) / (2.5 - 0.867) = 88.8."""
    assert monte_carlo.samples_each(0.02) == 2_500
    assert generator.samples_each(0.02) == 3_334
    assert crossover_conditions(generator, monte_carlo, tolerance=0.02, cost_per_run=1e-3) == 89
    assert crossover_conditions(monte_carlo, generator, tolerance=0.02, cost_per_run=1e-3) == 1
    assert crossover_conditions(generator, monte_carlo, tolerance=0.02, cost_per_run=1.0) == 11
    assert math.isinf(crossover_conditions(generator, monte_carlo, tolerance=0.02, cost_per_run=3e-4))
    assert math.isinf(crossover_cost_per_run(generator, monte_carlo, tolerance=0.02, conditions=10))
    assert generator.smallest_tolerance == pytest.approx(0.01414, rel=1e-3)
    assert not generator.is_feasible(0.014)


def test_the_tolerances_of_a_generator_by_hand(monte_carlo, generator):
    """At 1 ms a run and Q = 100 the mean takes 145 + .026 / (e^2 - 1e-4), the sd 145 + .013 / (e^2 - 2e-4) s.

    Monte Carlo takes .1 / e^2: as much as the mean at the coarse end, as the sd at the fine one.
    """
    found = reign([monte_carlo, generator], tolerance=0.02, conditions=100, cost_per_run=1e-3)
    assert (found.below.label, found.above.label) == ("monte_carlo", "monte_carlo")
    e = found.high
    assert 0.1 / e**2 == pytest.approx(145 + 0.026 / (e**2 - 1e-4), rel=1e-3)
    e = found.low
    assert 0.1 / e**2 == pytest.approx(145 + 0.013 / (e**2 - 2e-4), rel=1e-3)


def test_a_reign_of_another_than_the_cheapest_is_none(monte_carlo, generator):
    asked = {"tolerance": 0.02, "conditions": 100, "cost_per_run": 1e-3}
    assert reign([monte_carlo, generator], **asked, label="monte_carlo") is None
    assert reign([monte_carlo, generator], **asked, label="diffusion") == reign([monte_carlo, generator], **asked)


def test_a_sampler_is_not_offered_with_fewer_runs_than_its_error_is_known_at():
    """256 points have the error of 2,500 runs: to 2 % they are all needed, to 1 % four times as many."""
    net = Offer("sobol", 256, True, {"mean": 0.0}, {"mean": 256 / 2_500}, fewest=256.0)
    assert [net.samples_each(eps) for eps in (0.1, 0.02, 0.01)] == [256, 256, 1_024]


def test_weighing_its_runs_belongs_to_the_cost_of_a_sampler():
    """100 runs of 2 s and 0.5 s each at 3 conditions, after 7 s of compilation."""
    sampler = Offer("control_variate", 0, True, {"mean": 0.0}, {"mean": 1.0}, upfront=7.0, seconds_a_sample=0.5)
    assert cost(sampler, tolerance=0.1, conditions=3, cost_per_run=2.0) == 757
    by_c = by_cost_per_run(sampler, tolerance=0.1, conditions=3)
    assert (by_c.fixed, by_c.slope, by_c(2.0)) == (157, 300, 757)
