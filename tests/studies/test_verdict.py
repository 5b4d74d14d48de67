"""The verdict on errors that are made up."""

import numpy as np
import pytest
from models import method

from sgmbench.statistics.equivalent_runs import equivalent_runs
from sgmbench.studies.closeness import Closeness
from sgmbench.studies.verdict import (
    DELIVERED,
    EXACT,
    EXACT_FINE,
    EXACT_USED,
    KERNEL,
    LEARNED_FINE,
    LEARNED_USED,
    contributions,
    verdict,
)

TRAINED = {"steps": 500, "planned_steps": 500, "losses": {"training": [0.5, 0.3], "held_out": [0.5, 0.32]}}


def close(d2):
    equivalent = equivalent_runs(np.array([d2]), mu=1.0, cap=1000.0)
    return Closeness(d2, equivalent.value**-0.5, equivalent)


def rungs(fine, used, exact=0.0001, delivered=None):
    named = {EXACT: 0.0, EXACT_FINE: exact, EXACT_USED: exact, KERNEL: 0.0, LEARNED_FINE: fine, LEARNED_USED: used}
    if delivered is not None:
        named[DELIVERED] = delivered
    return {name: close(d2) for name, d2 in named.items() if d2 is not None}


def said(made, diagnostics=TRAINED, **settings):
    return verdict(made, method(**settings), diagnostics)


def test_parts_add_up_to_the_error_that_is_delivered():
    made = rungs(fine=0.02, used=0.05, exact=0.003, delivered=0.01)
    parts = contributions(made)
    assert parts == pytest.approx(
        {"initialization": 0.003, "learning": 0.017, "discretization": 0.03, "calibration": -0.04}
    )
    assert sum(parts.values()) == pytest.approx(0.01)
    assert contributions(rungs(fine=0.02, used=0.05, exact=None)) == pytest.approx(
        {"learning": 0.02, "discretization": 0.03}
    )


def test_too_few_steps():
    assert said(rungs(fine=0.0005, used=0.02), sampler={"kind": "heun", "steps": 6}) == (
        "discretization makes most of the error: with 6 steps samples are worth 50 runs, with 60 steps at least 1,000; "
        "more steps would mend it"
    )
    assert said(rungs(fine=0.004, used=0.02), sampler={"kind": "tsit5", "tolerance": 0.1}) == (
        "discretization makes most of the error: with tolerance 0.1 samples are worth 50 runs, with tolerance 0.001 "
        "250; a smaller tolerance would mend it"
    )


def test_too_few_runs():
    made = rungs(fine=0.02, used=0.021)
    worth = (
        "learning makes most of the error: on a fine grid the learned score is worth 50 runs, the exact one at least"
    )
    assert said(made, TRAINED | {"steps": 300}) == (
        f"{worth} 1,000; more runs would mend it: training stopped early, at step 300 of 500, and its held-out loss "
        "of 0.41 is above the 0.4 of training"
    )
    overfitted = TRAINED | {"losses": {"training": [0.4, 0.4], "held_out": [0.4, 0.6]}}
    assert said(made, overfitted) == (
        f"{worth} 1,000; more runs would mend it: its held-out loss of 0.5 is above the 0.4 of training"
    )


def test_too_little_training():
    assert said(rungs(fine=0.02, used=0.021, exact=None, delivered=0.004)) == (
        "learning makes most of the error: on a fine grid the learned score is worth 50 runs, calibrated 250; "
        "more training would mend it: it ran to its last step, 500, and did not overfit"
    )


def test_noise_that_ends_too_early():
    assert said(rungs(fine=0.021, used=0.021, exact=0.02)) == (
        "initialization makes most of the error: on a fine grid the exact score is worth 50 runs; a wider range of "
        "noise would mend it, more at the beginning of sampling or less at its end"
    )


def test_a_calibration_that_spoils():
    assert said(rungs(fine=0.002, used=0.002, delivered=0.02)) == (
        "calibration makes most of the error: samples are worth 50 runs with it, 500 without; "
        "calibration: 0 would mend it"
    )


def test_nothing_to_tell():
    assert said(rungs(fine=0.02, used=0.02, delivered=-0.0001)) == (
        "nothing that this reference can resolve: samples are worth at least 1,000 runs"
    )
    assert said(rungs(fine=np.nan, used=0.02)) == "none: learned score, fine grid gave NaN or infinity"
