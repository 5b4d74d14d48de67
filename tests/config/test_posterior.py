"""What a posterior asks of a problem and of methods, word for word."""

import pytest
import toys

from sgmbench.core.experiment import MethodEntry
from sgmbench.core.target import Posterior

BASE = """\
name: test
problem: toys:Watched
targets: [{kind: posterior, observations: [[0, 1.5]], drawn: 2}]
methods: [learner, toys:Chains]
budgets: [10]
"""
ONE = "[{kind: posterior, observations: [[0, 1.5]], drawn: 2}]"


def test_observations_and_drawn_data(loaded):
    result = loaded(BASE)
    assert result.warnings == ()
    assert result.experiment.targets == (Posterior(observations=((0.0, 1.5),), drawn=2),)
    assert result.experiment.methods[1] == MethodEntry("Chains", toys.Chains())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("toys:Watched", "noise"),
            "3:11: targets.0: noise has no parameters, so there is nothing to infer; write marginal",
        ),
        (
            ("toys:Watched", "decay"),
            "3:11: targets.0: decay has no instrument, so there are no data to infer from; derive it from Observed",
        ),
        (
            ("toys:Watched", "toys:Elsewhere"),
            "3:11: targets.0: toys:Elsewhere runs outside JAX, where no chain can follow; write a problem that is "
            "Traceable",
        ),
        (
            (ONE, "[posterior]"),
            "3:11: targets.0: no data are given; write `observations`, or `drawn`: how many to draw",
        ),
        (
            ("[[0, 1.5]]", "[[0, 1.5], [1, 2, 3]]"),
            "3:54: targets.0.observations.1: 3 numbers; an observation of toys:Watched has 2",
        ),
        (
            ("[[0, 1.5]]", "[[0, high]]"),
            "3:48: targets.0.observations.0.1: 'high' is text; write a number",
        ),
        (
            ("learner, ", "draws, "),
            "4:11: methods.0: draws does not sample a posterior (marginal and conditional only); remove one of them",
        ),
        (
            ("learner, ", "toys:Sees, "),
            "4:11: methods.0: toys:Sees does not sample a posterior (marginal, conditional and decomposition only); "
            "remove one of them",
        ),
        (
            (ONE, "[marginal]"),
            "4:20: methods.1: toys:Chains does not sample a marginal (posterior only); remove one of them",
        ),
    ],
)
def test_what_is_wrong_and_what_to_write(errors, change, said):
    text = BASE.replace(*change)
    if change[1] in ("noise", "decay", "toys:Elsewhere"):
        text = text.replace(", toys:Chains", "")
    assert errors(text) == [f"a.yaml:{said}"]


def test_generators_are_asked_whether_they_can_learn_parameters(errors):
    """Nine outputs are too many for the network, two parameters are not."""
    text = BASE.replace("toys:Watched", "toys:WideWatched").replace(", toys:Chains", "")
    text = text.replace("learner", "{kind: learner, network: {kind: small, width: 2}}")
    assert errors(text.replace("targets: [", "targets: [marginal, ")) == [
        "a.yaml:4:36: methods.0.network: small has a width of 9 at least (write width: 9)"
    ]
