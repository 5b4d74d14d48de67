"""The sentences, on summaries made by hand."""

import math

import pytest
from by_hand import ASK, MONTE_CARLO, line, runs, summary
from scipy.special import stdtrit

from sgmbench.report.answer import answers, replies
from sgmbench.report.format import count
from sgmbench.report.summary import Line, Summary, TargetSummary

ONE_REPLICATE = "One replicate: how far another one would move these verdicts is not known; write replicates: 3."


def test_monte_carlo_wins_where_no_generator_is_near_enough():
    said = " ".join(answers(summary(MONTE_CARLO, line("bootstrap", 1000, 0.3))))
    assert "for mean of u to 10 % (100 runs' worth)" in said
    assert "At 1 s a run monte_carlo is cheapest at Q = 1, 10 and 100; no generator reaches the tolerance." in said
    assert "Never, whatever the number of samples: bootstrap (30 %, mean of u)." in said


def test_a_generator_wins_from_the_computed_number_of_conditions():
    # Monte Carlo 100 Q s against 1,000 s of runs + 50 s of training: even at 10.5 conditions.
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    said = " ".join(answers(summary(MONTE_CARLO, learner)))
    assert "At 1 s a run the cheapest is monte_carlo at Q = 1 and 10 and learner" in said
    assert "at Q = 100" in said
    assert "overtakes monte_carlo from 11 conditions" in said
    assert "Never" not in said


def test_of_two_quantities_the_worse_one_is_named():
    bad = line("learner", 1000, 0.0)
    bad.errors["standard_deviation/u"] = {"d01": 0.4, "d02": 0.2}
    bad.replicate_errors["standard_deviation/u"] = {"d01": [0.4], "d02": [0.2]}
    said = " ".join(answers(summary(MONTE_CARLO, bad, ask=ASK | {"quantities": ["mean", "sd"]})))
    rms = ((0.4**2 + 0.2**2) / 2) ** 0.5
    assert f"learner ({100 * rms:.2g} %, standard deviation of u)" in said
    assert "for mean and standard deviation of u" in said


def test_the_best_generator_is_worth_its_median_and_its_worst_condition():
    best = line("learner", 1000, 0.0, n_eq=80.0)
    best.equivalent["energy"]["d02"] = runs(30.0)
    best.equivalent["energy"]["d01"] = runs(3300.0, at_least=True)
    first = answers(summary(MONTE_CARLO, line("bootstrap", 1000, 0.3, n_eq=20.0), best))[0]
    assert first.startswith(
        "Conditional: learner from 1,000 runs is worth 30 runs at a condition by energy (median of 2"
    )
    assert "worst 30 at " in first
    assert "1.5, 2" in first


def test_a_marginal_is_one_law():
    target = {"conditions": ("all",), "target": "marginal"}
    sampler = line("monte_carlo", 100, 0.1, kind="sampler", **target)
    learner = line("learner", 50, 0.0, n_eq=200.0, seconds={"train": 25.0}, **target)
    said = answers(summary(sampler, learner, names=("all",), target="marginal"))
    assert said[0].startswith("Marginal: learner from 50 runs is worth 200 runs by energy, 4 times the runs")
    # 100 c against 50 c + 25 s: even at half a second a run.
    assert "learner" in said[1]
    assert "overtakes monte_carlo from 500 ms a run" in said[1]
    assert "Q = " not in said[1]


def test_of_one_law_no_condition_takes_runs():
    target = {"conditions": ("all",), "target": "marginal"}
    sampler = line("monte_carlo", 100, 0.1, kind="sampler", **target)
    controlled = line("control_variate", 20, 0.1, kind="sampler", algorithm="control_variate", **target)
    said = answers(summary(sampler, controlled, names=("all",), target="marginal"))[0]
    assert "The law takes 100 of monte_carlo and 20 of control_variate (fewer were not tried)." in said


def test_a_generator_that_is_ahead_by_compilation_alone_is_overtaken():
    """1,000 c + 1 s against 100 c + 10 s: even at 10 ms a run, and Monte Carlo is ahead above."""
    target = {"conditions": ("all",), "target": "marginal"}
    sampler = line("monte_carlo", 100, 0.1, kind="sampler", seconds={"compile": 10.0}, **target)
    learner = line("learner", 1000, 0.0, seconds={"compile": 1.0}, **target)
    ask = ASK | {"cost_per_run": [0.001, 1.0]}
    said = answers(summary(sampler, learner, ask=ask, names=("all",), target="marginal"))[1]
    assert (
        "At 1 ms a run learner (1,000 runs, 1 s of training) is cheapest; monte_carlo overtakes it from 10 ms" in said
    )
    assert "At 1 s a run monte_carlo is cheapest; no generator ever overtakes monte_carlo." in said


def test_an_error_that_is_no_number_promises_nothing():
    said = " ".join(answers(summary(MONTE_CARLO, line("learner", 10, float("nan")))))
    assert "no generator reaches the tolerance" in said


@pytest.mark.parametrize("quantities", [["sd"], ["mean", "sd"]])
def test_a_quantity_without_its_metric_has_no_answer(quantities):
    said = answers(summary(MONTE_CARLO, ask=ASK | {"quantities": quantities}))
    assert said == [
        "Conditional: no answer, since standard_deviation is not among the metrics; list it there and run again."
    ]


def test_targets_without_results_say_so():
    failed = Line("conditional", "learner", "generator", 10, 1, 1, "diverged", 0)
    assert answers(summary(failed)) == ["Conditional: no answer, since every cell failed."]
    lost = Summary(
        "x", {"configuration": {"ask": [ASK]}}, [TargetSummary("marginal", {}, [failed], "all runs failed")], []
    )
    assert answers(lost) == ["Marginal: no answer, since all runs failed."]


def test_a_whole_paragraph_word_for_word():
    learner = line("learner", 1000, 0.05, seconds={"train": 50.0})
    assert answers(summary(MONTE_CARLO, learner, line("bootstrap", 1000, 0.3, n_eq=20.0))) == [
        "Conditional: learner from 1,000 runs is worth 50 runs at a condition by energy (median of 2; worst 50 at d01 "
        "= (0.5, 2)).",
        "Conditional: for mean of u to 10 % (100 runs' worth): At 1 s a run the cheapest is monte_carlo at Q = 1 and "
        "10 and learner (1,000 runs, 50 s of training) at Q = 100; learner (1,000 runs, 50 s of training) overtakes "
        "monte_carlo from 11 conditions. learner (1,000 runs, 50 s of training) cannot go below 5 % (mean of u) on "
        "average; it is within tolerance at 2 of 2 conditions, worst 5 % (mean of u) at d01 = (0.5, 2). Never, "
        "whatever the number of samples: bootstrap (30 %, mean of u).",
        ONE_REPLICATE,
    ]


def test_the_rival_is_the_cheapest_sampler_at_the_largest_number_of_conditions():
    """40 runs that have a mean square error of 1/160 are worth 160: to 10 % it takes 40 Q s against 1,050 s."""
    controlled = line("control_variate", 40, 160**-0.5, kind="sampler", algorithm="control_variate")
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    said = answers(summary(MONTE_CARLO, controlled, learner))[1]
    assert "control_variate is" not in said
    assert (
        "the cheapest is control_variate at Q = 1 and 10 and learner (1,000 runs, 50 s of training) at Q = 100" in said
    )
    assert "overtakes control_variate from 27 conditions" in said
    assert "A condition takes 100 of monte_carlo and 40 of control_variate (fewer were not tried)." in said


def test_samplers_alone_are_overtaken_by_no_generator_that_was_run():
    assert (
        "At 1 s a run monte_carlo is cheapest at Q = 1, 10 and 100; no generator was run."
        in answers(summary(MONTE_CARLO))[0]
    )


def test_runs_a_condition_are_those_that_surely_suffice_beside_those_expected_to():
    """Three squares .01 e^-h, .01, .01 e^h: their mean is .01 (1 + 2 cosh h) / 3, its upper end exp(4.303 h / 3^1/2)
    times that. 40 runs of which the square is m take 40 m / eps^2."""
    h, eps = 0.2, 0.02
    expected = 40 * 0.01 * (1 + 2 * math.cosh(h)) / 3 / eps**2
    surely = expected * math.exp(float(stdtrit(2, 0.975)) * h / math.sqrt(3))
    part = {"mean/u": [0.1 * math.exp(sign * h / 2) for sign in (-1, 0, 1)]}
    controlled = line("control_variate", 40, parts=part, kind="sampler", algorithm="control_variate")
    said = answers(summary(MONTE_CARLO, controlled, ask=ASK | {"tolerance": eps}))[0]
    assert (
        f"A condition takes 2,500 of monte_carlo and {count(surely)} of control_variate (to be sure; "
        f"{count(expected)} are expected)."
    ) in said


def test_a_sampler_that_compiles_long_is_the_rival_only_where_its_runs_are_few():
    """100 Q against 1,000 + 50 Q: the second is cheaper from 21 conditions on."""
    parts = {"mean/u": 200**-0.5}
    slow = line("sobol", 100, parts=parts, kind="sampler", algorithm="quasi_monte_carlo", seconds={"compile": 1000.0})
    learner = line("learner", 5000, 0.0)
    few = answers(summary(MONTE_CARLO, slow, learner, ask=ASK | {"conditions": [1, 10]}))[1]
    assert "overtakes monte_carlo from 51 conditions" in few
    half = line("sobol", 50, parts=parts, kind="sampler", algorithm="quasi_monte_carlo", seconds={"compile": 1000.0})
    many = answers(summary(MONTE_CARLO, half, learner, ask=ASK | {"conditions": [1, 100]}))[1]
    assert "overtakes sobol from 81 conditions" in many


def test_what_the_reference_cannot_tell_is_neither_promised_nor_denied():
    """Of two references of 400 runs errors below (3 / 400 / sqrt(2))^1/2 = 7.3 % are not told from none."""
    perfect, bad = line("learner", 1000, 0.0), line("bootstrap", 1000, 0.3)
    said = answers(summary(MONTE_CARLO, perfect, bad, size=400))[1]
    assert (
        "learner (1,000 runs, 0 us of training) is not seen below 7.3 % (mean of u; the reference tells no less)"
        in said
    )
    fine = answers(summary(MONTE_CARLO, perfect, bad, size=400, ask=ASK | {"tolerance": 0.05}))[1]
    assert "no generator is seen to reach the tolerance" in fine
    assert (
        "Never, whatever the number of samples: bootstrap (30 %, mean of u). Not told by this reference: learner "
        "(7.3 %, mean of u); an error of 5 % takes a reference of more than 849 runs a condition." in fine
    )
    more = replies(summary(MONTE_CARLO, line("learner", 100, 0.0), perfect, size=400), [ASK | {"tolerance": 0.05}])[0]
    assert "Whether more runs help learner is not told by this reference" in more


def test_the_worst_moment_stands_beside_energy():
    best = line("learner", 1000, 0.0, n_eq=80.0)
    best.equivalent["mean/u"] = {"d01": runs(60.0), "d02": runs(70.0)}
    best.equivalent["standard_deviation/u"] = {"d01": runs(12.0), "d02": runs(15.0)}
    assert answers(summary(MONTE_CARLO, best))[0] == (
        "Conditional: learner from 1,000 runs is worth 80 runs at a condition by energy (median of 2; worst 80 at d01 "
        "= (0.5, 2)), and 12 by the worst moment, the standard deviation of u."
    )


def test_a_winner_by_luck_is_not_sure():
    """Three replicates of squared biases 1, 4 and 144 in 10,000, mean 50: their interval ends far above 100."""
    lucky = line("learner", 1000, parts={"mean/u": [0.01, 0.02, 0.12]})
    said = answers(summary(MONTE_CARLO, lucky))[1]
    assert "monte_carlo is cheapest at Q = 1, 10 and 100; no generator is seen to reach the tolerance." in said
    assert "Not surely: learner (7 %, its interval ends at 32 %; 26 replicates would tell)." in said
    sure = line("learner", 1000, parts={"mean/u": [0.01, 0.02, 0.015]})
    said = answers(summary(MONTE_CARLO, sure))[1]
    assert "learner (1,000 runs, 0 us of training) at Q = 100; learner" in said
    assert "cannot go below 1.6 % (mean of u; its interval ends at 3.7 %) on average" in said


def test_never_is_said_of_what_is_surely_above_the_tolerance():
    """Errors of 2, 3 and 17 % have a mean of 10 %, and may be below it for all that they tell; 29 to 31 % may not."""
    unlucky = line("learner", 1000, parts={"mean/u": [0.02, 0.03, 0.17]})
    said = answers(summary(MONTE_CARLO, unlucky))[1]
    assert "no generator is seen to reach the tolerance" in said
    assert "Not surely: learner (10 %, its interval ends at 44 %)" in said
    bad = line("learner", 1000, parts={"mean/u": [0.29, 0.3, 0.31]})
    assert "Never, whatever the number of samples: learner (30 %, mean of u)." in answers(summary(MONTE_CARLO, bad))[1]


def test_replicates_that_disagree_on_the_winner_are_counted():
    """At Q = 100 the learner costs 1,000 s, and sobol 100 n s with n = 8, 9.6 or 10.4 runs by its replicates alone.

    Surely it takes 25, for its interval ends at 3.1 in 100 squared: 8 * 0.031 / 0.01.
    """
    learner = line("learner", 1000, parts={"mean/u": [0.05, 0.051, 0.052]})
    errors = [0.004**0.5, 0.012**0.5, 0.013**0.5]
    sobol = line("sobol", 8, parts={"mean/u": errors}, kind="sampler", algorithm="quasi_monte_carlo")
    said = answers(summary(MONTE_CARLO, sobol, learner, ask=ASK | {"conditions": [100]}))[1]
    assert "learner (1,000 runs, 0 us of training) is cheapest at Q = 100 (in 1 of 3 replicates)" in said


def test_where_no_replicate_agrees_with_the_winner_those_that_they_favor_are_named():
    """Plain Monte Carlo takes 100 runs, sobol 16, 64 or 96 by its replicates alone, and surely more than 100."""
    errors = [0.02**0.5, 0.08**0.5, 0.12**0.5]
    sobol = line("sobol", 8, parts={"mean/u": errors}, kind="sampler", algorithm="quasi_monte_carlo")
    (said,) = answers(summary(MONTE_CARLO, sobol, ask=ASK | {"conditions": [100]}))
    assert "monte_carlo is cheapest at Q = 100 (in 0 of 3 replicates, whose own errors favor sobol);" in said


def test_crossovers_have_their_interval_and_their_worst_replicate():
    """Of squared biases 0.0039, 0.0040 and 0.0041, eps^2 being 0.01, the worst takes 170 samples.

    By logarithms the interval of their mean, 0.0040, ends at a factor exp(4.303 * 0.025 / 3^1/2) = 1.064 of it: these
    take 161 and 175 samples. A sample takes 0.4 s: 1,020 s and Q times 64.4, 68 or 70 s against 100 Q s.
    """
    errors = [0.0039**0.5, 0.0040**0.5, 0.0041**0.5]
    learner = line("learner", 1000, parts={"mean/u": errors}, seconds={"sample": 400.0, "train": 20.0})
    said = answers(summary(MONTE_CARLO, learner))[1]
    assert "overtakes monte_carlo from 35 conditions (interval 29 to 35; worst replicate: 32)" in said
    assert ONE_REPLICATE not in answers(summary(MONTE_CARLO, learner))


def test_the_interval_closes_on_the_mean_where_replicates_agree():
    learner = line("learner", 1000, parts={"mean/u": [0.05] * 3}, seconds={"train": 50.0})
    said = answers(summary(MONTE_CARLO, learner))[1]
    assert "overtakes monte_carlo from 11 conditions (interval 11 to 11; worst replicate: 11)." in said


def test_of_a_single_number_of_conditions_it_is_said_from_how_many_on():
    """100 Q s against 1,050 s, asked at 50."""
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    said = answers(summary(MONTE_CARLO, learner, ask=ASK | {"conditions": [50]}))[1]
    assert (
        "At 1 s a run learner (1,000 runs, 50 s of training) is cheapest at Q = 50; learner (1,000 runs, 50 s of "
        "training) overtakes monte_carlo from 11 conditions."
    ) in said


def test_workers_spread_solver_runs_and_nothing_else():
    """On ten workers 100 Q / 10 s against 1,000 / 10 + 50 s: even at 15 conditions; at core-seconds at 10.5."""
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    said = answers(summary(MONTE_CARLO, learner, ask=ASK | {"workers": 10}))[1]
    assert "At 1 s a run on 10 workers the cheapest is monte_carlo at Q = 1 and 10 and learner" in said
    assert "overtakes monte_carlo from 16 conditions" in said


def test_the_cost_at_which_one_law_is_overtaken_is_in_core_seconds():
    """100 c / 4 against 50 c / 4 + 25 s: even at 2 s a run."""
    target = {"conditions": ("all",), "target": "marginal"}
    sampler = line("monte_carlo", 100, kind="sampler", **target)
    learner = line("learner", 50, 0.0, seconds={"train": 25.0}, **target)
    ask = ASK | {"workers": 4}
    said = answers(summary(sampler, learner, ask=ask, names=("all",), target="marginal"))[1]
    assert "At 1 s a run on 4 workers monte_carlo is cheapest; learner (50 runs, 25 s of training) overtakes" in said
    assert "overtakes monte_carlo from 2 s a run" in said


def test_recorded_runs_of_unknown_cost_are_overtaken_from_a_cost():
    """At 100 conditions 10,000 c against 1,000 c + 90 s: even at 10 ms."""
    learner = line("learner", 1000, 0.0, seconds={"train": 90.0})
    said = answers(summary(MONTE_CARLO, learner, ask=ASK | {"cost_per_run": ["measured"]}, seconds=None))[1]
    assert (
        "What a run took is not recorded (write cost_per_run in seconds to be told what is cheapest); learner (1,000 "
        "runs, 90 s of training) overtakes monte_carlo from 10 ms a run at Q = 100."
    ) in said


@pytest.mark.parametrize(
    ("quantities", "words"),
    [
        (["u.sd"], "for standard deviation of u to 10 % (50 runs' worth)"),
        (["u.std"], "for standard deviation of u to 10 % (50 runs' worth)"),
        (["u.q0.975"], "for quantile 0.975 of u to 10 % (700 runs' worth)"),
        (["energy"], "for the whole law by energy to 10 % (100 runs' worth)"),
        (["mean", "u.sd", "energy"], "for mean of u, standard deviation of u and the whole law by energy to 10 %"),
    ],
)
def test_quantities_in_words(quantities, words):
    parts = {"mean/u": 0.1, "standard_deviation/u": 0.1, "quantiles/u/0.975": 0.1, "energy/d2": 0.1, "energy/mu": 1.0}
    variances = {"u": {"mean": 1.0, "sd": 0.5, "q0.975": 7.0}}
    sampler = line("monte_carlo", 100, parts=parts, kind="sampler")
    assert words in answers(summary(sampler, ask=ASK | {"quantities": quantities}, variances=variances))[0]


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        ("w.mean", "no answer, since there is no field w; ask for u."),
        ("k.mean", "no answer, since k does not vary; ask for u."),
        ("u.q0.9", "no answer, since 0.9 is not among the levels of the metric quantiles; add it there and run again."),
        ("u.q0.5", "no answer, since this run does not hold the variance of quantile 0.5; run it again."),
        ("energy", "no answer, since energy is not among the metrics; list it there and run again."),
    ],
)
def test_what_cannot_be_answered_says_why_and_what_to_do(quantity, why):
    sampler = line("monte_carlo", 100, parts={"mean/u": 0.1, "quantiles/u/0.5": 0.1}, kind="sampler")
    variances = {"u": {"mean": 1.0, "sd": 0.5}, "k": {"mean": 0.0, "sd": 0.0}}
    said = answers(summary(sampler, ask=ASK | {"quantities": [quantity]}, variances=variances))
    assert said == [f"Conditional: {why}"]


def test_a_method_without_a_score_that_is_asked_is_left_out_by_name():
    signed = line("multilevel", 100, parts={"mean/u": 0.1}, kind="sampler", algorithm="multilevel")
    whole = line("learner", 10, parts={"mean/u": 0.0, "quantiles/u/0.5": 0.0})
    variances = {"u": {"mean": 1.0, "sd": 0.5, "q0.5": 1.5}}
    said = answers(summary(MONTE_CARLO, signed, whole, ask=ASK | {"quantities": ["u.q0.5"]}, variances=variances))[1]
    assert "Not scored in all that is asked: multilevel." in said
    assert " takes " not in said
