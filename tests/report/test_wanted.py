"""A tail probability that is asked: its sentence, what it costs, and why there is no answer, word for word."""

import math

import pytest
from by_hand import ASK, line, target_of

from sgmbench.report.answer import wanted_words
from sgmbench.report.offers import offers_of
from sgmbench.report.reach import reach
from sgmbench.report.wanted import refusal, scored_conditions, wanted_of

PART = "tail_probability/u/above 0.3"
RARE = ASK | {"quantities": ["P(u>0.3)"]}
SCORES = {"mean/u": 0.1, PART: 0.2}
KNOWN = {"u": {"mean": 1.0, "sd": 0.5, "P above 0.3": 9.0}}
MONTE_CARLO = line("monte_carlo", 100, parts=SCORES, kind="sampler")


def target(*lines, v=9.0, **more):
    return target_of(MONTE_CARLO, *lines, variances={"u": KNOWN["u"] | {"P above 0.3": v}}, **more)


def test_monte_carlo_takes_the_odds_against_the_event_over_the_square_of_the_tolerance():
    """P = 1/10 to 10 % of itself: 9 / 0.01 runs."""
    (offer,) = offers_of(target(), RARE, scored_conditions(target()))
    assert (offer.variance, offer.samples_each(0.1)) == ({"P(u>0.3)": 9.0}, pytest.approx(900))


def test_conditions_count_by_their_mean_variance():
    at = target(names=("d01", "d02"))
    at.conditions["d02"] = at.conditions["d02"] | {"variances": {"u": KNOWN["u"] | {"P above 0.3": 99.0}}}
    (wanted,) = wanted_of(at, RARE, scored_conditions(at))
    assert wanted.variance == {"d01": 9.0, "d02": 99.0}
    (offer,) = offers_of(at, RARE, scored_conditions(at))
    assert offer.variance == {"P(u>0.3)": 54.0}


def test_it_is_called_what_it_is():
    mixed = RARE | {"quantities": ["mean", "u.q0.5", "P(u<-2)", "energy"]}
    assert wanted_words(target(), RARE) == "the probability that u exceeds 0.3"
    assert wanted_words(target(), mixed) == (
        "mean of u, quantile 0.5 of u, the probability that u falls below -2 and the whole law by energy"
    )


def test_a_generator_without_the_tail_falls_short_by_all_of_it():
    at = target(line("learner", 1_000, parts={PART: -1.0}))
    assert reach(at, RARE, offers_of(at, RARE, scored_conditions(at))) == [
        "Never, whatever the number of samples: learner (100 %, P(u>0.3))."
    ]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("P(w>0.3)", "there is no field w; ask for u"),
        (
            "P(u>0.4)",
            "P(u>0.4) is of no threshold of the metric tail_probability; add {field: u, above: 0.4} to its "
            "thresholds, as by --set 'metrics.tail_probability.thresholds=[{field: u, above: 0.4}]', and run again",
        ),
        (
            "P(u<0.3)",
            "P(u<0.3) is of no threshold of the metric tail_probability; add {field: u, below: 0.3} to its "
            "thresholds, as by --set 'metrics.tail_probability.thresholds=[{field: u, below: 0.3}]', and run again",
        ),
    ],
)
def test_what_was_not_scored_has_no_answer(ask, said):
    assert refusal(target(), RARE | {"quantities": [ask]}) == f"no answer, since {said}."


def test_without_its_metric_the_whole_line_is_given():
    bare = target_of(line("monte_carlo", 100, 0.1, kind="sampler"))
    assert refusal(bare, RARE) == (
        "no answer, since no metric scores P(u>0.3); write {kind: tail_probability, thresholds: [{field: u, above: "
        "0.3}]} among the metrics, and run again."
    )


def test_a_score_under_another_label_is_named():
    other = target_of(line("monte_carlo", 100, parts={"tails/u/above 0.3": 0.2}, kind="sampler"))
    assert refusal(other, RARE) == (
        "no answer, since P(u>0.3) is scored by the metric tails, and an ask reads the one labeled "
        "tail_probability; write label: tail_probability there, and run again."
    )


def test_a_run_of_an_older_version_does_not_hold_the_variance():
    assert refusal(target_of(MONTE_CARLO), RARE) == (
        "no answer, since this run does not hold the variance of P(u>0.3); run it again."
    )


@pytest.mark.parametrize("v", [None, math.nan])
def test_an_event_that_the_reference_lacks_has_no_answer(v):
    remedy = "ask for a less extreme value, or write a larger reference and run again."
    one = target(v=v, target="marginal", names=("all",), size=4_000)
    start = "no answer, since u exceeds 0.3 in none of the 4,000 runs of the reference"
    assert refusal(one, RARE) == f"{start}; {remedy}"
    many = target(v=v, names=tuple(f"d{i:02d}" for i in range(1, 6)), size=4_000)
    assert refusal(many, RARE) == f"{start} at 5 of 5 conditions; {remedy}"
    for name in ("d01", "d02", "d04"):
        many.conditions[name] = many.conditions[name] | {"variances": KNOWN}
    assert refusal(many, RARE) == f"{start} at d03 and d05; {remedy}"


def test_an_event_that_always_happens_has_no_answer():
    assert refusal(target(v=0.0), RARE) == (
        "no answer, since u exceeds 0.3 in every run of the reference; ask for a more extreme value."
    )
