"""Notes on fits, word for word, from results made by hand."""

import pytest

from sgmbench.core.result import Result
from sgmbench.report.diagnostics import diagnostic_notes
from sgmbench.report.summary import Summary


def found(verdict, ratio=0.71, copies=0.084, by_chance=0.002):
    return {"nearest_ratio": ratio, "copies": copies, "copies_held_out": by_chance, "verdict": verdict}


def result(*, method="diffusion", budget=1_250, replicate=0, target="conditional", **diagnostics):
    return Result(
        name=f"{target}.{method}.{budget}.r{replicate}",
        content="",
        target=target,
        method=method,
        kind="generator",
        budget=budget,
        replicate=replicate,
        status="ok",
        diagnostics=diagnostics,
    )


def said(*results):
    return diagnostic_notes(Summary("results/x", {}, [], list(results)))


@pytest.mark.parametrize("verdict", ["no sign", "too few held-out runs to tell", "no finite samples to judge"])
def test_silence_where_nothing_is_wrong(verdict):
    assert said(result(memorization=found(verdict), prior_kl=0.01, terminal_kl=3.0, steps=7), result()) == []
    assert said() == []


def test_training_runs_that_come_back():
    assert said(result(memorization=found("copies training runs"), prior_kl=0.0)) == [
        "note: conditional, diffusion at 1,250 runs: copies training runs: its samples are 0.71 times as far from "
        "them as held-out runs, and 8.4 % are copies (held-out runs 0.2 %)"
    ]
    assert said(result(memorization=found("leans on training runs", 0.9, 0, 0), target="marginal", budget=99)) == [
        "note: marginal, diffusion at 99 runs: leans on training runs: its samples are 0.90 times as far from "
        "them as held-out runs, and 0.0 % are copies (held-out runs 0.0 %)"
    ]


def test_nearer_training_than_held_out_runs_is_told_with_its_smallest_p_value():
    leaning = [found("leans on training runs", 0.96, 0, 0) | {"membership": p} for p in (3e-3, 9.3e-5, None)]
    assert said(*(result(memorization=each, replicate=i) for i, each in enumerate(leaning))) == [
        "note: conditional, diffusion at 1,250 runs: leans on training runs in 3 of 3 replicates: its samples are 0.96 "
        "times as far from them as held-out runs, and 0.0 % are copies (held-out runs 0.0 %); they lie nearer to "
        "training than to held-out runs (p = 9e-05)"
    ]
    copies = found("copies training runs") | {"membership": 0.2}
    assert said(result(memorization=copies))[0].endswith("(held-out runs 0.2 %)")


def test_replicates_are_counted_by_the_worst_verdict_and_its_worst_numbers_are_given():
    verdicts = [
        found("leans on training runs", 0.2),
        found("copies training runs", 0.8),
        found("no sign", 1.0),
        found("copies training runs", 0.6),
    ]
    assert said(*(result(memorization=each, replicate=i) for i, each in enumerate(verdicts))) == [
        "note: conditional, diffusion at 1,250 runs: copies training runs in 2 of 4 replicates: its samples are 0.60 "
        "times as far from them as held-out runs, and 8.4 % are copies (held-out runs 0.2 %)"
    ]


def test_without_a_ratio_of_distances_the_copies_are_told():
    """Results are JSON, which has null for no number."""
    assert said(result(memorization=found("copies training runs", None, 1.0, 0.6))) == [
        "note: conditional, diffusion at 1,250 runs: copies training runs: 100.0 % of its samples are copies "
        "(held-out runs 60.0 %)"
    ]


def test_sampling_that_begins_elsewhere():
    assert said(result(prior_kl=0.153426), result(prior_kl=0.2, replicate=1)) == [
        "note: conditional, diffusion at 1,250 runs: sampling begins 0.2 nats from where training ended; "
        "write more noise at the end, or initial: gaussian"
    ]


def test_each_method_and_budget_has_its_own_lines():
    copies = {"memorization": found("copies training runs")}
    notes = said(
        result(method="a", budget=10, prior_kl=1.0, **copies),
        result(method="a", budget=20, **copies),
        result(method="b", budget=10, prior_kl=0.02),
        result(method="c", budget=10),
    )
    assert [note.split(": ")[1:3] for note in notes] == [
        ["conditional, a at 10 runs", "copies training runs"],
        [
            "conditional, a at 10 runs",
            "sampling begins 1 nats from where training ended; write more noise at the end, or initial",
        ],
        ["conditional, a at 20 runs", "copies training runs"],
        [
            "conditional, b at 10 runs",
            "sampling begins 0.02 nats from where training ended; write more noise at the end, or initial",
        ],
    ]
