"""What a finished run is asked: asks from its own and from what is changed, prices, and refusals word for word."""

import math

import pytest
from by_hand import ASK, MONTE_CARLO, line, summary

from sgmbench.errors import UsageError
from sgmbench.report.asked import Changes, Price, asks_of, reply

SECOND = ASK | {"tolerance": 0.02}


def test_without_changes_it_is_asked_what_its_file_asked():
    assert asks_of([ASK, SECOND], Changes()) == [ASK | {"workers": 1}, SECOND | {"workers": 1}]


def test_lists_replace_lists_and_tolerances_and_workers_make_asks():
    changes = Changes(["u.sd"], [0.05, 0.2], [50], ["3600", "measured"], [1, 64])
    asks = asks_of([ASK, SECOND], changes)
    assert [(ask["tolerance"], ask["workers"]) for ask in asks] == [(0.05, 1), (0.05, 64), (0.2, 1), (0.2, 64)]
    for ask in asks:
        assert (ask["quantities"], ask["conditions"], ask["cost_per_run"]) == (["u.sd"], [50], [3600.0, "measured"])


def test_asks_of_other_costs_keep_both_tolerances_of_the_file():
    assert [ask["tolerance"] for ask in asks_of([ASK, SECOND], Changes(costs_per_run=["1"]))] == [0.1, 0.02]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (Changes(tolerances=[2.0]), "--tolerance 2: write a number above 0 and below 1"),
        (Changes(tolerances=[1e-10]), "--tolerance 1e-10: finer than any run tells; write at least 1e-09"),
        (Changes(conditions=[10**13]), "--queries 10000000000000: write a whole number of at most 1e+12"),
        (Changes(costs_per_run=["1e13"]), "--cost-per-run 1e13: write at most 1e+12 seconds"),
        (Changes(conditions=[0]), "--queries 0: write a whole number of at least 1"),
        (Changes(workers=[-1]), "--workers -1: write a whole number of at least 1"),
        (Changes(costs_per_run=["1h"]), "--cost-per-run 1h: write measured or the seconds of a run, above 0"),
        (Changes(costs_per_run=["inf"]), "--cost-per-run inf: write measured or the seconds of a run, above 0"),
        (Changes(quantities=["w.sd"]), "--quantity w.sd: there is no field w; the fields are u"),
        (Changes(quantities=["P(w>1)"]), "--quantity P(w>1): there is no field w; the fields are u"),
        (
            Changes(quantities=["median"]),
            "--quantity median: 'median' is no quantity; write mean, sd, a quantile such as q0.975, one of them of a "
            "field as c.sd, a tail probability such as P(c>0.3), or energy",
        ),
    ],
)
def test_what_cannot_be_asked(changes, message):
    with pytest.raises(UsageError) as raised:
        reply(summary(MONTE_CARLO), changes)
    assert str(raised.value) == message


def test_at_the_ends_of_what_can_be_asked_there_is_an_answer():
    """10^18 runs at each of 10^12 conditions of 10^12 s each; as there is no error, the learner draws its samples."""
    learner = line("learner", 1000, 0.0, seconds={"sample": 1.0})
    ends = Changes(tolerances=[1e-9], conditions=[10**12], costs_per_run=["1e12"])
    (price,) = reply(summary(MONTE_CARLO, learner), ends).prices
    assert (price.method, price.samples_each) == ("monte_carlo", pytest.approx(1e18))
    assert price.core_seconds == pytest.approx(1e42)


def test_the_prices_are_those_of_the_cheapest():
    """100 Q hours against 1,000 hours and 50 s."""
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    found = reply(summary(MONTE_CARLO, learner), Changes(conditions=[10, 50], costs_per_run=["3600"]))
    hour = 3600.0
    assert found.prices == [
        Price("conditional", 0, hour, 10, "monte_carlo", 0, 100, 1_000 * hour, 1_000 * hour),
        Price("conditional", 0, hour, 50, "learner", 1000, 100, 1_000 * hour + 50, 1_000 * hour + 50),
    ]
    assert found.sentences[0].startswith(
        "Conditional: for mean of u to 10 % (100 runs' worth): At 60 min a run the cheapest is monte_carlo at Q = 10 "
        "and learner (1,000 runs, 50 s of training) at Q = 50; learner (1,000 runs, 50 s of training) overtakes "
        "monte_carlo from 11 conditions."
    )


def test_where_nobody_reaches_it_the_price_is_infinite():
    (price,) = reply(summary(line("learner", 1000, 0.5)), Changes(conditions=[3])).prices
    assert (price.method, price.samples_each, price.seconds, price.core_seconds) == ("", *[math.inf] * 3)


def test_sixty_four_workers_divide_the_cost_of_runs():
    found = reply(summary(MONTE_CARLO), Changes(conditions=[1], costs_per_run=["64"], workers=[64]))
    assert found.prices == [Price("conditional", 0, 64.0, 1, "monte_carlo", 0, 100, 100.0, 6_400.0)]
    assert (
        "At 64 s a run on 64 workers the answer takes 6,400 core-seconds (100 s of wall-clock) at Q = 1."
        in found.sentences[0]
    )


def test_what_the_answer_takes_is_said_for_each_number_of_conditions():
    """100 Q runs against 1,000 and 50 s."""
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    (said, _) = reply(summary(MONTE_CARLO, learner), Changes(conditions=[1, 10, 50])).sentences
    assert "At 1 s a run the answer takes 100 core-seconds at Q = 1, 1,000 at Q = 10 and 1,050 at Q = 50." in said
    (nobody, _) = reply(summary(line("learner", 1000, 0.5)), Changes(conditions=[3])).sentences
    assert "core-seconds" not in nobody
