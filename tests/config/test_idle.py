"""Metrics that score nothing of what is asked are said to, word for word; those by default are not."""

import numpy as np
import pytest

M = "sgmbench.metrics"
MEAN = f"{{kind: '{M}.mean:Mean', label: centers}}"
CRPS = f"{{kind: '{M}.crps:CRPS', label: crps}}"
SHARES = f"{{kind: '{M}.variance_shares:VarianceShares', label: shares}}"
POSTERIOR = "{kind: posterior, drawn: 2}"
PREDICTIVE = "{kind: 'sgmbench.core.target:Predictive', drawn: 1}"
PAIRS = "{kind: conditional, drawn: 5}"
DATA = "{kind: 'sgmbench.problems.dataset:DataSet', path: runs.npz, z: [a], y: [u]}"
OF_PAIRS = "it is of runs at a condition, which a conditional, a posterior or a predictive target has; remove it"
OF_SHARES = "it is of a decomposition; remove it"


@pytest.fixture
def said(loaded, tmp_path):
    """The warnings of these metrics, targets and problem."""
    np.savez(tmp_path / "runs.npz", a=np.linspace(0, 1, 40), u=np.linspace(0, 1, 40) ** 2)

    def of(metrics, targets, problem="toys:Watched"):
        lines = [f"problem: {problem}", f"targets: [{targets}]", "methods: [learner]", "budgets: [5]"]
        lines += ["name: test", "primary: energy", "ask: {cost_per_run: [60]}"]
        text = "\n".join([*lines, "metrics:", "  - energy", *(f"  - {metric}" for metric in metrics)])
        return [warning.partition(": ")[2] for warning in loaded(text).warnings]

    return of


@pytest.mark.parametrize("targets", [POSTERIOR, PREDICTIVE, "marginal, {kind: conditional, drawn: 2}"])
def test_scores_of_pairs_are_of_what_is_given(said, targets):
    assert said([MEAN, CRPS], targets) == []


@pytest.mark.parametrize("targets", ["marginal", "decomposition", "marginal, decomposition"])
def test_where_nothing_is_given_there_are_no_pairs(said, targets):
    names = targets.replace(", ", " and ")
    assert said([SHARES, CRPS], targets)[-1] == f"metrics.2: crps scores nothing of the {names}: {OF_PAIRS}"


def test_shares_are_of_a_decomposition(said):
    assert said([SHARES], f"marginal, {POSTERIOR}") == [
        f"metrics.1: shares scores nothing of the marginal and posterior: {OF_SHARES}"
    ]
    assert said([SHARES], "marginal, decomposition") == []


def test_where_pairs_or_nested_rows_are_all_there_is_other_metrics_are_idle(said):
    pairs = "held-out runs stand there one by one, which crps, energy_score and coverage score; remove it"
    assert said([CRPS], PAIRS, DATA) == [f"metrics.0: energy scores nothing of the conditional: {pairs}"]
    nested = "several runs are of one z there, which variance_shares, epistemic_share and exceedance_law score"
    assert said([SHARES], "decomposition") == [
        f"metrics.0: energy scores nothing of the decomposition: {nested}; remove it"
    ]


def test_what_scores_one_of_the_targets_is_not_idle(said):
    assert said([CRPS, MEAN], f"marginal, {PAIRS}", DATA) == []


def test_of_the_metrics_by_default_nothing_is_said(loaded):
    text = f"name: test\nproblem: toys:Watched\ntargets: [{POSTERIOR}]\nmethods: [learner]\nbudgets: [5]\n"
    assert loaded(text).warnings == ()
    assert loaded(f"{text}metrics: [energy, mean, {CRPS}]\n").warnings == ()
