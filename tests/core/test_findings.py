"""Findings word for word, and their thresholds."""

import numpy as np
import pytest

from sgmbench.core.findings import (
    Finding,
    Findings,
    coarse_solver,
    diverged_training,
    failed_runs,
    large_budget,
    lost_samples,
    of_fit,
    of_method,
    small_reference,
    told,
)


def says(findings):
    return [finding.says for finding in findings]


def found(verdict, ratio=0.71, copies=0.084, by_chance=0.002, **more):
    numbers = {"nearest_ratio": ratio, "copies": copies, "copies_held_out": by_chance, "verdict": verdict}
    return {"memorization": numbers | more}


def test_more_than_a_hundredth_of_failed_runs_is_another_law():
    assert says(failed_runs(32, 1_000)) == [
        "3.2% (32 of 1,000) of the solver runs gave NaN or infinity, more than 1%: what is left is the law of the runs "
        "that succeed; narrow the prior, mend the solver, or leave such runs out of the data"
    ]
    assert says(failed_runs(32, 1_000, of="the reference at d01"))[0].startswith("the reference at d01: 3.2% (32 of")


@pytest.mark.parametrize(("chance", "more", "runs"), [(1, 2, 20), (3, 4, 100), (15, 16, 1_000), (117, 118, 10_000)])
def test_what_one_failure_in_a_hundred_makes_by_chance_is_nothing(chance, more, runs):
    """The largest number that a rate of 1 % reaches with a probability of 5 %, and the next."""
    assert failed_runs(0, runs) == failed_runs(chance, runs) == []
    assert failed_runs(more, runs) != []


def test_a_solver_that_fails_once_in_a_hundred_is_rarely_called_invalid():
    """At most 5 % of 4,000 sets of 200 runs; one that fails three times as often nearly always is in 2,000 runs."""
    rng = np.random.default_rng(0)
    alarms = np.mean([bool(failed_runs(int(k), 200)) for k in rng.binomial(200, 0.01, 4_000)])
    assert alarms <= 0.05
    assert alarms > 0.005
    assert np.mean([bool(failed_runs(int(k), 2_000)) for k in rng.binomial(2_000, 0.03, 1_000)]) > 0.999


def test_samples_that_are_no_numbers():
    assert lost_samples(40, 4_000) == []
    assert says(lost_samples(160, 4_000)) == [
        "4.0% (160 of 4,000) of its samples are NaN or infinite, more than 1%: what is left is another law; train with "
        "a smaller learning rate, or sample in smaller steps"
    ]


def test_losses_that_are_no_numbers_in_memory_and_in_json():
    for nothing in (float("nan"), float("inf"), None):
        losses = {"sigma": [0.1, 1.0], "training": [0.2, nothing], "held_out": [nothing, 0.3]}
        assert says(diverged_training({"losses": losses})) == [
            "training diverged: 2 of 4 losses are not finite; write a smaller learning_rate"
        ]
    assert diverged_training({"losses": {"sigma": [None], "training": [0.2], "held_out": [0.1]}}) == []
    assert diverged_training({}) == []


def test_copies_of_training_runs_make_a_learner_invalid():
    both = of_fit(found("copies training runs"), resamples=False)
    assert (len(both.reasons), both.marks) == (1, ())
    assert says(both.reasons) == [
        "copies training runs: its samples are 0.71 times as far from them as held-out runs, and 8.4 % are copies "
        "(held-out runs 0.2 %); train on more runs, or for fewer steps"
    ]


def test_what_resamples_by_construction_is_marked_and_valid():
    both = of_fit(found("copies training runs"), resamples=True)
    assert both.reasons == ()
    assert says(both.marks)[0].endswith("8.4 % are copies (held-out runs 0.2 %), as it does by construction")


def test_traces_of_training_runs_are_marks():
    """Few copies beyond those by chance, or samples that lie near."""
    few = of_fit(found("copies training runs", copies=0.011), resamples=False)
    assert (few.reasons, len(few.marks)) == ((), 1)
    leaning = of_fit(found("leans on training runs", 0.9, 0.0, 0.0, membership=9.3e-5), resamples=False)
    assert leaning.reasons == ()
    assert says(leaning.marks) == [
        "leans on training runs: its samples are 0.90 times as far from them as held-out runs, and 0.0 % are copies "
        "(held-out runs 0.0 %); they lie nearer to training than to held-out runs (p = 9e-05); train on more runs, or "
        "for fewer steps"
    ]


@pytest.mark.parametrize("ratio", [None, float("nan")])
def test_without_a_ratio_of_distances_the_copies_are_told(ratio):
    (reason,) = of_fit(found("copies training runs", ratio, 1.0, 0.6), resamples=False).reasons
    assert "copies training runs: 100.0 % of its samples are copies (held-out runs 60.0 %)" in reason.says


def test_sampling_that_begins_elsewhere_is_a_mark():
    both = of_fit({"prior_kl": 0.153426}, resamples=False)
    assert says(both.marks) == [
        "sampling begins 0.15 nats from where training ended; write more noise at the end, or initial: gaussian"
    ]
    assert both.reasons == ()


def test_coordinates_far_from_unit_size_are_marked():
    both = of_fit({"coordinate_sizes": [1.7e-5, 412.0]}, resamples=False)
    assert says(both.marks) == [
        "its coordinates have standard deviations from 1.7e-05 and root mean squares to 4.1e+02, outside of 0.3 to 3, "
        "and noise and network are made for 1; write standardize by field or by coordinate in representation, or leave "
        "representation out"
    ]
    assert both.reasons == ()
    for odd in ([0.29, 1.0], [1.0, 3.01]):
        assert len(of_fit({"coordinate_sizes": odd}, resamples=False).marks) == 1
    assert of_fit({"coordinate_sizes": [0.3, 3.0]}, resamples=False) == Findings()


def test_a_training_that_betters_nothing_is_marked():
    both = of_fit({"validation": {"kept": 1.0123, "trained": 35.67}}, resamples=False)
    assert says(both.marks) == [
        "training bettered nothing: the held-out loss is 1.01 untrained and 35.7 at best after training, so the "
        "untrained network is kept; write a smaller learning_rate, or train on more runs"
    ]
    assert both.reasons == ()
    assert of_fit({"validation": {"kept": 0.4, "trained": 0.4}}, resamples=False) == Findings()


@pytest.mark.parametrize("verdict", ["no sign", "too few held-out runs to tell", "no finite samples to judge"])
def test_silence_where_nothing_is_wrong(verdict):
    both = of_fit(found(verdict) | {"prior_kl": 0.01, "terminal_kl": 3.0, "steps": 7}, resamples=False)
    assert (both.reasons, both.marks) == ((), ())


def test_what_a_sampler_says_against_itself_has_its_condition():
    assert says(of_method({"c1": ("it has not mixed",), "c2": (), "c3": ("a", "b")}).reasons) == [
        "c1: it has not mixed",
        "c3: a",
        "c3: b",
    ]


def test_a_reference_of_few_runs():
    assert small_reference(50, 1, at="all") == small_reference(10, 25, at="d01") == []
    assert says(small_reference(10, 4, at="d01")) == [
        "the reference has 10 runs at each of 4 conditions without failure (d01), which tell about 20 equivalent runs "
        "apart, fewer than 50; write a larger reference"
    ]
    assert says(small_reference(49, 1, at="all"))[0].startswith("the reference has 49 runs without failure (all), ")


def test_a_budget_above_what_can_be_claimed_is_marked_with_the_reference_that_would_do():
    assert large_budget(1_333, 4_000, 1, at="d01") == []
    assert says(large_budget(2_500, 4_000, 1, at="d01")) == [
        "from the 4,000 runs of the reference (d01) no more than 1,333 equivalent runs are claimed, fewer than the "
        "budget: whether anything is gained is not seen; write a reference 3 times as large as the budget"
    ]
    assert (
        "from the 20 runs of the reference at each of 9 conditions (c1) no more than 20"
        in says(large_budget(21, 20, 9, at="c1"))[0]
    )
    assert large_budget(2_500, 7_500, 1, at="d01") == []
    assert large_budget(66, 20, 100, at="d01") == []


def test_a_solver_that_errs_more_than_is_claimed_is_marked():
    shared = {"at": "c1", "claimed": 3_333.0}
    marked = coarse_solver("c", (0.0, 0.05), **shared)
    assert marked.reasons == ()
    assert says(marked.marks) == [
        "the solver's discretization error of c is 0 to 0.05 sd (c1): equivalent runs above 400 may tell methods apart "
        "and nothing of the model; refine the solver, or claim no more"
    ]
    for small in ((0.0, 0.0), (0.001, 0.01)):  # 10,000 equivalent runs, and no more than 3,333 are claimed
        assert coarse_solver("c", small, **shared) == Findings()


def test_of_several_replicates_the_gravest_is_told_and_how_many():
    a, b = Finding("x", "a little", 0.1), Finding("x", "a lot", 0.9)
    assert told([(a,), (b,)]) == ["a lot"]
    assert told([(a,), (), (b, Finding("y", "else"))]) == ["in 2 of 3 replicates: a lot", "in 1 of 3 replicates: else"]
    assert told([]) == told([()]) == []
