"""What a decomposition asks of a problem, a reference and methods, word for word."""

import pytest

from sgmbench.core.target import Decomposition

BASE = """\
name: test
problem: decay
targets: [{kind: decomposition, inner: 8}]
methods: [learner]
budgets: [10]
reference: {size: 80}
"""


def test_it_is_read_with_its_settings(loaded):
    assert loaded(BASE).experiment.targets == (Decomposition(inner=8),)
    assert loaded(BASE.replace("[{kind: decomposition, inner: 8}]", "[decomposition]").replace("80", "200"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("decay", "noise"),
            "3:11: targets.0: noise has no parameters, so nothing is epistemic; write marginal",
        ),
        (
            ("decay", "toys:Certain"),
            "3:11: targets.0: toys:Certain has no germ, so nothing is aleatoric; write marginal",
        ),
        (
            ("size: 80", "size: 79"),
            "6:19: reference.size: 79 runs are 9 z of 8 runs for the decomposition; write at least 80, or a smaller "
            "`inner` of the target",
        ),
        (
            ("inner: 8}]\n", "inner: 2000}]\n"),
            "6:19: reference.size: 80 runs are 0 z of 2,000 runs for the decomposition; write at least 20,000, or a "
            "smaller `inner` of the target",
        ),
        (
            ("inner: 8", "inner: 1"),
            "3:40: targets.0.inner: 1 is too small; write a whole number of at least 2",
        ),
        (
            ("[learner]", "[draws]"),
            "4:11: methods.0: draws does not sample a decomposition (marginal and conditional only); remove one of "
            "them",
        ),
    ],
)
def test_what_is_wrong_and_what_to_write(errors, change, said):
    assert errors(BASE.replace(*change)) == [f"a.yaml:{said}"]


def test_a_reference_that_is_not_written_is_spoken_of_where_the_target_is(errors):
    text = BASE.replace("inner: 8", "inner: 1001").replace("reference: {size: 80}\n", "")
    assert errors(text) == [
        "a.yaml:3:11: targets.0: 10,000 runs are 9 z of 1,001 runs for the decomposition; write at least 10,010, or a "
        "smaller `inner` of the target"
    ]
