"""Squared biases and variances of offers, against what was put into the errors."""

import math

import numpy as np
import pytest
from by_hand import ASK, MONTE_CARLO, line, target_of
from scipy.stats import chi2

from sgmbench.report.offers import line_of, offer_of, offers_of, offers_of_replicates, replicates_to_tell, spread_of
from sgmbench.report.wanted import wanted_of
from sgmbench.statistics.mean_squares import mean_square_interval, replicates_below

BOTH = ("d01", "d02")
EVERYTHING = ASK | {"quantities": ["mean", "u.sd", "u.q0.975", "energy"]}
ENDS = mean_square_interval(np.array([0.01, 0.02, 0.06]))
V = {"u": {"mean": 1.0, "sd": 0.5, "q0.975": 7.0}}
NOBODY_S = {"mean/u": 0.0, "standard_deviation/u": 0.0, "quantiles/u/0.975": 0.0, "energy/d2": 0.0, "energy/mu": 2.0}


def only(target, ask=ASK):
    (offer,) = offers_of(target, ask, BOTH)
    return offer


def test_plain_monte_carlo_is_known_without_its_errors():
    found = only(target_of(MONTE_CARLO, line("monte_carlo", 999, 5.0, kind="sampler"), variances=V), EVERYTHING)
    assert found.bias2 == dict.fromkeys(found.variance, 0.0)
    assert found.variance == {
        "mean of u": 1.0,
        "standard deviation of u": 0.5,
        "quantile 0.975 of u": 7.0,
        "energy distance": 1.0,
    }
    assert found.fewest == 2


def test_plain_monte_carlo_is_known_under_any_label():
    found = only(target_of(line("plain", 100, 9.0, kind="sampler", algorithm="monte_carlo")))
    assert (found.label, found.variance) == ("plain", {"mean of u": 1.0})


def test_of_another_sampler_the_measured_error_counts_at_its_budget():
    """Mean square errors 1/160 and 3/160 over conditions of 40 runs: 40 * 2/160 = 0.5, from 40 runs on."""
    sampler = line("net", 40, parts={"mean/u": 0.0}, kind="sampler", algorithm="quasi_monte_carlo")
    sampler.replicate_errors["mean/u"] = {"d01": [160**-0.5], "d02": [(3 / 160) ** 0.5]}
    found = only(target_of(sampler))
    assert found.variance["mean of u"] == pytest.approx(0.5)
    assert (found.bias2, found.fewest) == ({"mean of u": 0.0}, 40)


def test_the_reference_s_own_error_is_taken_out_of_a_sampler_s_and_no_more_is_claimed_than_it_resolves():
    """Of two references of 1,000 runs: 0.011 - 1/1,000; and not below 3/1,000/sqrt(2) however small the error."""
    least = 0.003 / 2**0.5
    for error2, expected in ((0.011, 0.010), (0.0025, least), (0.0, least)):
        sampler = line("net", 40, error2**0.5, kind="sampler", algorithm="quasi_monte_carlo")
        assert only(target_of(sampler, size=1_000)).variance["mean of u"] == pytest.approx(40 * expected)


def test_every_budget_of_another_sampler_is_an_offer():
    budgets = [line("net", N, 1 / N, kind="sampler", algorithm="quasi_monte_carlo") for N in (10, 100)]
    offers = offers_of(target_of(*budgets), ASK, BOTH)
    assert [(o.fewest, o.variance["mean of u"]) for o in offers] == [
        (10, pytest.approx(0.1, rel=1e-4)),
        (100, pytest.approx(0.01, rel=1e-4)),
    ]


def test_energy_is_relative_to_that_of_two_runs():
    """D2 / mu = 0.03 / 2 is the squared bias of a law, and of 50 delivered runs 1 / 66.7."""
    parts = NOBODY_S | {"energy/d2": 0.03}
    sampler = line("net", 50, parts=parts, kind="sampler", algorithm="quasi_monte_carlo")
    law = line("learner", 1000, parts=parts)
    offers = offers_of(target_of(sampler, law, variances=V), ASK | {"quantities": ["energy"]}, BOTH)
    assert offers[0].variance["energy distance"] == pytest.approx(50 * 0.015)
    assert (offers[1].bias2["energy distance"], offers[1].variance["energy distance"]) == (pytest.approx(0.015), 1.0)


def test_the_squared_bias_of_a_law_is_unbiased():
    """A law 0.05 sd off, M = 400 samples against 800 runs: (bias + noise)^2 - 1/400 - 1/800 over 4,000 replicates."""
    rng, bias = np.random.default_rng(0), 0.05
    errors = bias + rng.normal(size=4_000) * (1 / 400 + 1 / 800) ** 0.5
    law = line("learner", 1000, parts={"mean/u": errors})
    law.samples_each.update(dict.fromkeys(BOTH, 400))
    found = only(target_of(law, size=800)).expected["mean of u"]
    standard_error = np.std(errors**2) / 4_000**0.5
    assert abs(found - bias**2) < 4 * standard_error


@pytest.mark.parametrize("conditions", [1, 4])
def test_no_generator_is_offered_below_what_the_reference_tells(conditions):
    """A perfect law, scored by references of 300 runs: 3/300/sqrt(K), seldom exceeded by their noise alone.

    Of a chi-square with K degrees of freedom over K: P(mean > 1 + 3/sqrt(K)) is .0455 for K = 1 and .0404 for K = 4.
    """
    rng, names, exceeded = np.random.default_rng(conditions), tuple(f"d{i:02d}" for i in range(conditions)), 0
    for _ in range(2_000):
        law = line("learner", 1000, conditions=names)
        law.replicate_errors["mean/u"] = {c: [float(rng.normal() / 300**0.5)] for c in names}
        target = target_of(law, names=names, size=300)
        found = offer_of(target, law, wanted_of(target, ASK, names))
        assert found.bias2["mean of u"] >= 0.01 / conditions**0.5
        exceeded += found.is_seen("mean of u")
    assert exceeded / 2_000 == pytest.approx(0.0455 if conditions == 1 else 0.0404, abs=4 * (0.045 / 2_000) ** 0.5)


def test_the_best_of_many_without_merit_is_not_offered():
    """Laws of squared bias 0.01, five replicates of errors of both signs: 44 % of them seem to be below 0.008."""
    rng, reached, expected = np.random.default_rng(3), 0, 0
    for _ in range(500):
        law = line("learner", 1000, parts={"mean/u": rng.normal(size=5) * 0.1})
        target = target_of(law)
        found = offer_of(target, law, wanted_of(target, ASK, BOTH))
        reached += found.is_feasible(0.008**0.5)
        expected += found.expected_tolerance < 0.008**0.5
    assert reached / 500 < 0.06 + 4 * (0.06 / 500) ** 0.5
    assert expected / 500 == pytest.approx(chi2.cdf(4, 5), abs=4 * (0.25 / 500) ** 0.5)


def test_what_replicates_share_is_no_smaller_with_more_of_them():
    """A law a tenth worse than 5 %, one reference of 6,000 runs for all replicates: sure of 5 % in few of 400 runs.

    By the scatter of 20 replicates alone it was so in 21 %.
    """
    rng, eps, size, sure = np.random.default_rng(5), 0.05, 6_000, 0
    for _ in range(400):
        errors = 1.1 * eps + rng.normal() / size**0.5 + 0.03 * eps * rng.normal(size=20)
        law = line("learner", 1000, parts={"mean/u": errors}, conditions=("d01",))
        law.samples_each["d01"] = 10**9
        target = target_of(law, names=("d01",), size=size)
        sure += offer_of(target, law, wanted_of(target, ASK, ["d01"])).is_feasible(eps)
    assert sure / 400 < 0.05 + 4 * (0.05 / 400) ** 0.5


def test_the_only_replicate_that_is_left_of_three_is_not_sure():
    law = line("learner", 1000, 0.01, replicates=3, failed=2)
    found = only(target_of(law))
    assert (found.is_feasible(0.9), found.expected_tolerance) == (False, pytest.approx(0.01, rel=1e-3))


def test_a_sampler_that_trains_does_so_at_each_condition():
    """3 s of training and 1 s of compilation over the runs of all conditions, and nothing upfront."""
    learned = line("net", 40, 0.1, kind="sampler", seconds={"train": 3.0, "compile": 1.0})
    found = only(target_of(learned))
    assert (found.upfront, found.seconds_a_sample) == (0.0, pytest.approx(4.0 / learned.solver_runs))


def test_what_is_no_number_promises_nothing():
    target = target_of(
        line("learner", 10, math.nan), line("net", 10, math.nan, kind="sampler", algorithm="quasi_monte_carlo")
    )
    assert [offer.is_feasible(0.99) for offer in offers_of(target, ASK, BOTH)] == [False, False]


def test_replicates_and_ends_of_the_interval():
    """Squared errors 1, 2 and 6 hundredths; the ends of their interval by hand in `test_mean_squares`."""
    law = line("learner", 1000, parts={"mean/u": [0.01**0.5, 0.02**0.5, 0.06**0.5]})
    target = target_of(law)
    spread = spread_of(target, law, wanted_of(target, ASK, BOTH))
    assert [o.bias2["mean of u"] for o in spread.each] == pytest.approx([0.01, 0.02, 0.06])
    assert spread.low.bias2["mean of u"] == pytest.approx(ENDS[0], rel=1e-4)
    assert spread.high.bias2["mean of u"] == pytest.approx(ENDS[1], rel=1e-4)
    assert spread_of(target_of(MONTE_CARLO), line("learner", 10, 0.1), wanted_of(target, ASK, BOTH)) is None


def test_the_replicates_of_a_sampler_spread_its_variance():
    """40 runs with mean square errors of 1, 2 and 6 hundredths: 40 times as much, and of their interval."""
    sampler = line("net", 40, parts={"mean/u": [0.01**0.5, 0.02**0.5, 0.06**0.5]}, kind="sampler")
    target = target_of(sampler)
    spread = spread_of(target, sampler, wanted_of(target, ASK, BOTH))
    assert [o.variance["mean of u"] for o in spread.each] == pytest.approx([0.4, 0.8, 2.4])
    assert spread.high.variance["mean of u"] == pytest.approx(40 * ENDS[1], rel=1e-4)
    assert [o.bias2 for o in spread.each] == [{"mean of u": 0.0}] * 3


def test_what_is_offered_is_the_end_of_the_interval_and_what_is_expected_the_mean():
    law = line("learner", 1000, parts={"mean/u": [0.01**0.5, 0.02**0.5, 0.06**0.5]})
    found = only(target_of(law))
    assert found.bias2["mean of u"] == pytest.approx(ENDS[1], rel=1e-4)
    assert found.expected["mean of u"] == pytest.approx(0.03)
    sampler = line("net", 40, parts={"mean/u": [0.01**0.5, 0.02**0.5, 0.06**0.5]}, kind="sampler")
    assert only(target_of(sampler)).variance["mean of u"] == pytest.approx(40 * ENDS[1], rel=1e-4)


def test_replicates_that_would_tell():
    """Squared errors 1, 2 and 6 hundredths at both conditions."""
    law = line("learner", 1000, parts={"mean/u": [0.01**0.5, 0.02**0.5, 0.06**0.5]})
    target = target_of(law)
    wanted = wanted_of(target, ASK, BOTH)
    assert replicates_to_tell(target, law, wanted, 0.05**0.5) == replicates_below(np.array([0.01, 0.02, 0.06]), 0.05)
    assert replicates_to_tell(target, law, wanted, 0.03**0.5 - 1e-9) is None


def test_each_replicate_makes_offers_of_its_own():
    law = line("learner", 1000, parts={"mean/u": [0.1, 0.2]})
    single = line("net", 40, 0.1, kind="sampler")
    found = offers_of_replicates(target_of(MONTE_CARLO, law), ASK, BOTH)
    assert [[offer.label for offer in offers] for offers in found] == [["monte_carlo", "learner"]] * 2
    assert [offers[1].bias2["mean of u"] for offers in found] == pytest.approx([0.01, 0.04])
    assert offers_of_replicates(target_of(MONTE_CARLO, law, single), ASK, BOTH) == []


def test_a_field_that_is_constant_where_it_is_asked_is_no_bias():
    law = line("learner", 1000, 0.0)
    target = target_of(law, variances={"u": {"mean": 1.0, "sd": 0.5}})
    target.conditions["d03"] = target.conditions["d01"] | {"variances": {"u": {"mean": 0.0, "sd": 0.0}}}
    found = offer_of(target, law, wanted_of(target, ASK, ["d03"]))
    assert (found.bias2, found.variance) == ({"mean of u": 0.0}, {"mean of u": 0.0})


def test_an_offer_leads_back_to_its_line():
    laws = [line("learner", N, 0.1) for N in (10, 100)]
    target = target_of(*laws)
    assert [line_of(target, offer) for offer in offers_of(target, ASK, BOTH)] == laws


def test_conditions_where_a_field_is_constant_do_not_dilute_what_is_asked_where_it_varies():
    """At one of two conditions v is 1, at the other nothing varies: 100 runs to 10 %, and half of it would be 50."""
    sampler = line("net", 40, 0.1, kind="sampler", algorithm="quasi_monte_carlo")
    target = target_of(MONTE_CARLO, sampler, size=1_000)
    target.conditions["d02"]["variances"] = {"u": {"mean": 0.0, "sd": 0.0}}
    del sampler.replicate_errors["mean/u"]["d02"]
    plain, net = offers_of(target, ASK, BOTH)
    assert plain.variance == {"mean of u": 1.0}
    assert plain.samples_each(0.1) == pytest.approx(100)
    assert net.variance["mean of u"] == pytest.approx(40 * (0.01 - 1e-3))
    (there,) = wanted_of(target, ASK, ["d02"])
    assert there.variance == {"d02": 0.0}
