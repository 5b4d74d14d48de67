"""What `ask` says beside the answer, on summaries made by hand: tolerances, costs and more runs."""

from by_hand import ASK, MONTE_CARLO, line, summary

from sgmbench.report.answer import answers, replies


def test_where_there_are_conditions_another_cost_is_answered_over_the_cost_too():
    """100 conditions of 100 runs against 1,000 runs and 50 s: from 50 / 9,000 s a run."""
    paid = {"seconds": {"train": 50.0}}
    said = replies(summary(MONTE_CARLO, line("learner", 1000, 0.0, **paid)), [ASK])[0]
    crossover = "learner (1,000 runs, 50 s of training) overtakes monte_carlo from 5.56 ms a run at Q = 100"
    assert f"Over the cost of a run {crossover}. " in said
    late = replies(summary(MONTE_CARLO, line("learner", 20_000, 0.0, **paid)), [ASK])[0]
    assert "Over the cost of a run no generator ever overtakes monte_carlo at Q = 100. " in late
    assert "Over the cost" not in answers(summary(MONTE_CARLO, line("learner", 1000, 0.0, **paid)))[1]
    assert "Over the cost" not in replies(summary(MONTE_CARLO, line("learner", 1000, 0.3, **paid)), [ASK])[0]


def more(*lines, ask=ASK):
    """What is said of more runs, after the tolerances."""
    return replies(summary(MONTE_CARLO, *lines), [ask])[0].partition(" above). ")[2]


def test_the_tolerances_of_the_cheapest_stand_beside_it():
    """100 Q hours against 1,000: at 100 conditions from 1,000 = 1 / eps^2 on, down to its own error of 5 %."""
    said = replies(summary(MONTE_CARLO, line("learner", 1000, 0.05)), [ASK | {"cost_per_run": [3600.0]}])[0]
    assert (
        "At 60 min a run at Q = 100 learner is cheapest for tolerances from 5 % (monte_carlo below) up to 32 % "
        "(monte_carlo above)." in said
    )


def test_the_tolerances_have_an_interval_and_a_worst_replicate():
    """Squared errors .0024 and .0026: surely between .0015 and .0041; the worse one ends at .0026^1/2 = 5.1 %."""
    learner = line("learner", 1000, parts={"mean/u": [0.0024**0.5, 0.0026**0.5]})
    said = replies(summary(MONTE_CARLO, learner), [ASK | {"cost_per_run": [3600.0]}])[0]
    assert (
        "learner is cheapest for tolerances from 6.4 % (interval 3.9 % to 6.4 %; worst replicate 5.1 %; monte_carlo "
        "below) up to 32 % (monte_carlo above)." in said
    )


def test_more_runs_by_an_exact_power_law():
    """Squared bias 40 / N: 0.04 at 1,000 and 0.02 at 2,000 runs; eps^2 = 0.01 at 4,000."""
    curve = [line("learner", N, (40 / N) ** 0.5) for N in (1000, 2000)]
    assert more(*curve) == (
        "By its learning curve (squared bias ~ N^-1 from 1,000 to 2,000 runs, mean of u) learner takes 4,000 runs, "
        "2,000 more."
    )


def test_more_runs_have_an_interval_over_replicates():
    """Replicates of squared biases 39 / N and 41 / N: log N* has sd 0.0354, and 0.0354 * 12.7 / 2^1/2 is log 1.374."""
    curve = [line("learner", N, parts={"mean/u": [(39 / N) ** 0.5, (41 / N) ** 0.5]}) for N in (1000, 2000)]
    assert "learner takes 4,000 runs (interval 2,910 to 5,500), 2,000 more." in more(*curve)


def test_a_fall_steeper_than_that_of_a_mean_is_not_trusted_to_last():
    """N^-4 from 0.32 to 0.02 at 2,000 runs: 2,380 for 0.01 if it goes on, 4,000 if it falls as N^-1 from there on."""
    each = [{1000: 0.32 * of, 2000: 0.02 * of} for of in (0.99, 1.01)]
    curve = [line("learner", N, parts={"mean/u": [at[N] ** 0.5 for at in each]}) for N in (1000, 2000)]
    said = "learner takes 2,380 runs (interval 2,300 to 4,000, where it falls as N^-1 from there on), 379 more."
    assert said in more(*curve)


def test_the_noise_of_the_reference_widens_the_interval():
    """By a reference of 10,000 runs the squared biases 39 / N and 41 / N are less well known than by an exact one."""
    curve = [line("learner", N, parts={"mean/u": [(39 / N) ** 0.5, (41 / N) ** 0.5]}) for N in (1000, 2000)]
    said = replies(summary(MONTE_CARLO, *curve, size=10_000), [ASK])[0]
    assert "learner takes 3,970 runs (interval 2,360 to 6,690), 1,970 more." in said


def test_replicates_that_tell_nothing_have_no_interval():
    """Squared biases that fall as N^-1 and N^-1/20 from 0.04 at 1,000 runs: 4 and 4^20 times as many."""
    curve = [
        line("learner", N, parts={"mean/u": [(0.04 * (N / 1000) ** -slope) ** 0.5 for slope in (1, 0.05)]})
        for N in (1000, 2000)
    ]
    assert "(the replicates do not tell: its interval is wider than 10,000 times)" in more(*curve)


def test_far_beyond_the_largest_budget_it_is_called_an_extrapolation():
    """A slope of 1/4 from 0.04: a fourth takes 4^4 = 256 times the runs."""
    curve = [line("learner", N, (0.04 * (N / 1000) ** -0.25) ** 0.5) for N in (500, 1000)]
    said = more(*curve)
    assert said.endswith(
        "learner takes 256,000 runs, 255,000 more; that is an extrapolation beyond 100 times its largest budget."
    )


def test_so_far_beyond_that_no_number_means_anything_it_gives_none():
    """A slope of 1/10 from 0.04 takes 4^10, a million times the runs."""
    curve = [line("learner", N, (0.04 * (N / 1000) ** -0.1) ** 0.5) for N in (500, 1000)]
    assert more(*curve).endswith("learner takes more than 1,000 times its largest budget.")


def test_of_a_learner_that_is_expected_to_reach_it_more_replicates_tell():
    curve = [line("learner", N, parts={"mean/u": [0.08, 0.12, 0.01]}) for N in (1000, 2000)]
    assert more(*curve) == "Whether more runs are needed by learner, more replicates tell."


def test_one_budget_says_which_to_add():
    assert more(line("learner", 1000, 0.3)) == (
        "How many more runs learner takes is not seen at one budget: write budgets: [250, 1000] and run again."
    )


def test_an_error_that_does_not_fall_is_not_mended_by_runs():
    assert more(line("learner", 1000, 0.3), line("learner", 2000, 0.3)) == (
        "More runs do not help learner as far as is seen: its error (mean of u) does not fall from 1,000 to 2,000 runs."
    )


def test_who_reaches_the_tolerance_needs_no_more_runs():
    assert "learning curve" not in " ".join(replies(summary(MONTE_CARLO, line("learner", 1000, 0.0)), [ASK]))
