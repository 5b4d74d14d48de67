"""What does not suit a reference of which some runs are kept, word for word."""

import numpy as np
import pytest

BASE = """\
name: test
problem: decay
targets: [marginal]
methods: [draws]
budgets: [10]
reference: {size: 1000000, kept: 2000}
"""


def test_a_streamed_reference_is_allowed(loaded):
    plan = loaded(BASE).experiment.reference
    assert (plan.size, plan.kept) == (1_000_000, 2_000)


def test_a_posterior_is_not_a_stream_of_runs(errors):
    text = BASE.replace("decay", "toys:Watched").replace("marginal", "{kind: posterior, observations: [[0, 0]]}")
    assert (
        "a.yaml:3:11: targets.0: the truth of a posterior is not made of single runs; remove it, or reference.kept"
        in errors(text.replace("draws", "learner"))
    )


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ("{size: 2000, drawn_size: 2000, kept: 2000}", "a reference of 2,000 runs is kept whole; remove it"),
        ("{kept: 500, held_out: 100}", "all held-out runs are kept; remove it, or reference.held_out"),
    ],
)
def test_there_must_be_more_than_is_kept(errors, plan, why):
    found = errors(BASE.replace("{size: 1000000, kept: 2000}", plan).replace("draws", "learner"))
    assert [each.partition(": reference.kept: ")[2] for each in found] == [why]


def test_recorded_runs_are_all_kept(errors, tmp_path):
    np.savez(tmp_path / "runs.npz", a=np.linspace(0, 1, 40), u=np.linspace(0, 1, 40))
    kind = "sgmbench.problems.dataset:DataSet"
    text = BASE.replace("decay", f"{{kind: '{kind}', path: runs.npz, z: [a], y: [u]}}").replace("draws", "learner")
    assert errors(text.replace("[10]", "[5]")) == [
        f"a.yaml:6:34: reference.kept: the runs of {kind} are there already, and all are kept; remove it"
    ]
