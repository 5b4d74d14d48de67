"""A whole ladder, on a law whose error is known to come from few steps alone."""

import re

import pytest
from models import METHOD, experiment

from sgmbench.store.cache import Cache
from sgmbench.studies.ladder import ladder
from sgmbench.studies.verdict import EXACT, EXACT_FINE, EXACT_USED, KERNEL, LEARNED_FINE, LEARNED_USED


def test_of_white_noise_a_network_without_training_errs_by_its_few_steps_alone(tmp_path):
    """F = 0 is its denoiser; exact and learned score then go the same ways from the same noise."""
    made = experiment(methods=["bootstrap", METHOD | {"sampler": {"kind": "heun", "steps": 4}}])
    found = ladder(made, method=None, config="small.yaml", cache=Cache(tmp_path))
    (only,) = found.conditions
    rungs = {rung.name: rung for rung in only.rungs}
    assert list(rungs) == [EXACT, EXACT_FINE, EXACT_USED, KERNEL, LEARNED_FINE, LEARNED_USED]
    assert [rung.evaluations for rung in only.rungs] == [0, 81, 9, 65, 81, 9]
    assert (found.target, found.method, found.budget, only.samples) == ("marginal", "diffusion", 400, 2000)
    assert only.cap == pytest.approx(2000 / 3)
    assert rungs[EXACT_FINE].closeness.equivalent.at_least
    d2 = {name: rung.closeness.d2 for name, rung in rungs.items()}
    assert d2[LEARNED_USED] == pytest.approx(d2[EXACT_USED], rel=0.1)
    said = re.fullmatch(
        "discretization makes most of the error: with 4 steps samples are worth ([0-9.]+) runs, "
        "with 40 steps (?:at least )?([0-9]+)(?: runs)?; more steps would mend it",
        found.verdict,
    )
    assert said is not None, found.verdict
    assert float(said[2]) > 10 * float(said[1])
