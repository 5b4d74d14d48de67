"""Who wins a series, and how it is said; numbers by hand."""

from dataclasses import replace

import pytest
from by_hand import ASK, line, runs, summary

from sgmbench.report.series import Member, ranks_of, verdicts_of
from sgmbench.report.series_table import rows_of, series_sentences

LAW = {"conditions": ("all",), "target": "marginal"}


def member(label, *lines, budgets=(100,), left_out=None, ask=ASK, conditional=False, **more):
    """One problem, of one law or of two conditions."""
    of_law = {} if conditional else {"names": ("all",), "target": "marginal"}
    made = summary(*lines, ask=ask, **of_law, **more)
    record = {"configuration": made.record["configuration"] | {"budgets": list(budgets)}}
    return Member(label, replace(made, record=record), left_out or {})


def of(method, budget, n_eq, error=0.05, **more):
    return line(method, budget, error, n_eq=n_eq, **LAW | more)


def monte_carlo(budget=100, n_eq=100.0, **more):
    return of("monte_carlo", budget, n_eq, 0.1, kind="sampler", **more)


def test_the_best_by_energy_and_the_place_of_monte_carlo():
    lines = (monte_carlo(), of("kde", 100, 300.0), of("gaussian", 100, 50.0), of("kde", 400, 900.0))
    (small, large) = ranks_of(member("a", *lines, budgets=(100, 400)))
    assert (small.best, small.worth.value, small.monte_carlo.value) == (("kde",), 300.0, 100.0)
    assert (small.place, small.among) == (2, 3)
    assert (large.best, large.worth.value, large.monte_carlo, large.place, large.among) == (("kde",), 900.0, None, 0, 1)


def test_methods_worth_the_same_share_a_place():
    capped = [replace(of(name, 100, 0.0), equivalent={"energy": {"all": runs(2000.0, True)}}) for name in ("pce", "gp")]
    (rank,) = ranks_of(member("a", monte_carlo(), *capped))
    assert (rank.best, rank.worth.at_least, rank.place, rank.among) == (("pce", "gp"), True, 3, 3)
    (all_the_same,) = ranks_of(member("a", monte_carlo(n_eq=2000.0), *capped))
    assert all_the_same.place == 1


def test_of_many_that_share_a_place_a_few_are_named():
    same = [of(name, 100, 2000.0) for name in "abcde"]
    assert next(rows_of([member("a", *same)]))[3] == "a\nb\nc\n2 more"
    assert next(rows_of([member("a", *same[:4])]))[3] == "a\nb\nc\nd"
    assert (
        "By energy the best is at 100 runs a, b, c and 2 more (worth 2,000)."
        in series_sentences([member("a", *same)])[0]
    )


def test_what_failed_or_is_invalid_or_is_no_number_does_not_win():
    ill = [
        of("failed", 100, 900.0, failed=1, replicates=1),
        of("invalid", 100, 900.0, invalid=("stuck",)),
        of("nan", 100, float("nan")),
    ]
    (rank,) = ranks_of(member("a", *ill, monte_carlo()))
    assert (rank.best, rank.place, rank.among) == (("monte_carlo",), 1, 1)
    (nothing,) = ranks_of(member("a", ill[0]))
    assert (nothing.best, nothing.worth, nothing.among) == ((), None, 0)


def test_the_cheapest_changes_with_the_cost_of_a_run():
    # to .1: 1 / .01 = 100 runs of Monte Carlo; 40 runs and 10 s of training of kde, so that they meet at 1/6 s
    kde = of("kde", 40, 30.0, seconds={"train": 10.0})
    ask = ASK | {"cost_per_run": [0.166, 0.167]}
    cheap, dear = verdicts_of(member("a", monte_carlo(), kde, ask=ask))
    assert (cheap.winners, cheap.monte_carlo, cheap.of_queries) == ({"monte_carlo": [1]}, [1], False)
    assert (dear.winners, dear.monte_carlo) == ({"kde (40 runs)": [1]}, [])


def test_the_cheapest_changes_with_the_number_of_conditions():
    kde = line("kde", 250, 0.05)  # 250 runs once against 100 at each condition
    (verdict,) = verdicts_of(member("a", line("monte_carlo", 100, 0.1, kind="sampler"), kde, conditional=True))
    assert verdict.winners == {"monte_carlo": [1], "kde (250 runs)": [10, 100]}
    assert (verdict.monte_carlo, verdict.of_queries) == ([1], True)


def test_none_reaches_it_and_no_answer():
    (none,) = verdicts_of(member("a", of("kde", 40, 30.0, 0.2)))
    assert (none.winners, none.monte_carlo, none.refusal) == ({}, [], "")
    (refused,) = verdicts_of(member("a", of("kde", 40, 30.0), ask=ASK | {"quantities": ["v.mean"]}))
    assert refused.refusal == "no answer, since there is no field v; ask for u."


def test_a_measured_cost_that_is_not_known_has_no_verdict():
    ask = ASK | {"cost_per_run": ["measured", 1.0]}
    (verdict,) = verdicts_of(member("a", monte_carlo(), ask=ask, seconds=None))
    assert verdict.cost == 1.0


@pytest.fixture
def cup():
    """One problem that a surrogate wins, one that Monte Carlo wins, one at conditions."""
    ask = ASK | {"cost_per_run": ["measured", 1.0]}
    smooth = member(
        "smooth",
        monte_carlo(n_eq=103.0),
        of("pce", 20, 60.0),
        of("pce", 100, 2000.0, 0.01),
        ask=ask,
        budgets=(20, 100),
        left_out={"multilevel": "Multilevel needs a problem that is Leveled; Smooth is not"},
        seconds=0.5,
    )
    rough = member("rough", monte_carlo(), of("pce", 100, 2.0, 0.7), ask=ask, seconds=1e-6)
    at_z = member(
        "at_z", line("monte_carlo", 100, 0.1, kind="sampler"), line("kde", 250, 0.05), ask=ask, conditional=True
    )
    return [smooth, rough, at_z]


def test_the_table(cup):
    assert list(rows_of(cup)) == [
        ("smooth", "marginal", "20", "pce", "60", "-", "500 ms: pce (20 runs)\n1 s: pce (20 runs)"),
        ("smooth", "marginal", "100", "pce", "2,000", "103, 2 of 2", ""),
        ("rough", "marginal", "100", "monte_carlo", "100", "100, 1 of 2", "1 us: monte_carlo\n1 s: monte_carlo"),
        (
            "at_z",
            "conditional",
            "100",
            "monte_carlo",
            "50",
            "50, 1 of 1",
            "1 s: monte_carlo at Q = 1\n1 s: kde (250 runs) at Q = 10 and 100\n"
            "1 s: monte_carlo at Q = 1\n1 s: kde (250 runs) at Q = 10 and 100",
        ),
    ]


def test_the_sentences(cup):
    assert series_sentences(cup) == [
        "smooth, marginal: for mean of u to 10 %, at 500 ms a run (measured) the cheapest is pce (20 runs), at 1 s a "
        "run the cheapest is pce (20 runs). By energy the best is at 20 runs pce (worth 60) and at 100 runs pce (worth "
        "2,000); monte_carlo is at place 2 of 2.",
        "rough, marginal: for mean of u to 10 %, at 1 us a run (measured) the cheapest is monte_carlo, at 1 s a run "
        "the cheapest is monte_carlo. By energy the best is at 100 runs monte_carlo (worth 100); monte_carlo is at "
        "place 1 of 2.",
        "at_z, conditional: for mean of u to 10 %, at 1 s a run (measured) the cheapest is monte_carlo at Q = 1 and "
        "kde (250 runs) at Q = 10 and 100, at 1 s a run the cheapest is monte_carlo at Q = 1 and kde (250 runs) at Q = "
        "10 and 100. By energy the best is at 100 runs monte_carlo (worth 50); monte_carlo is at place 1 of 1.",
        "Plain Monte Carlo is cheapest at the measured cost for rough and at_z at Q = 1.",
        "Plain Monte Carlo is cheapest at 1 s a run for rough and at_z at Q = 1.",
        "smooth leaves out multilevel: Multilevel needs a problem that is Leveled; Smooth is not.",
    ]
