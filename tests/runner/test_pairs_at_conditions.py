"""CRPS, energy score and coverage from beginning to end, where the truth at a condition is many runs or draws."""

from pathlib import Path

import numpy as np
import pytest
import small
from scipy.stats import norm

from sgmbench import api
from sgmbench.report.page.calibration import calibration_section
from sgmbench.report.page.reported import Reported
from sgmbench.store.run_folder import RunFolder

METRICS = ["energy", "crps", "energy_score", "coverage"]
N = 2_000


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The exact posterior of a linear model and one half as wide, at data of zero; beside them a marginal law."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("exact"))
        patch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
        spreads = {"exact": 1.0, "half": 0.5}
        config = small.write(
            Path("a.yaml"),
            problem={"kind": "linear_gaussian", "dimension": 2, "coupling": 0.6},
            targets=["marginal", {"kind": "posterior", "observations": [[0, 0]]}],
            methods=[{"kind": "exact:Exact", "label": label, "spread": s} for label, s in spreads.items()],
            reference={"size": N, "drawn_size": N},
            metrics=METRICS,
            keep_samples="all",
            samples_kept=N,
            ask={"cost_per_run": [1]},
        )
        yield api.run(config)


def scores(run):
    """By method, at the one observation."""
    return {r.method: r.scores["c1"] for r in run.summary.results if r.target == "posterior"}


def test_where_something_is_given_pairs_are_scored_and_have_floors(run):
    marginal, posterior = run.summary.targets
    assert {*marginal.conditions["all"]["floors"]} == {"energy"}
    assert all({*r.scores["all"]} == {"energy"} for r in run.summary.results if r.target == "marginal")
    assert {*posterior.conditions["c1"]["floors"]} == {*METRICS}
    assert all({*by} == {*METRICS} for by in scores(run).values())


def test_a_normal_law_half_as_wide_scores_what_theory_says(run):
    """CRPS of N(0, s^2) against N(0, 1): (sqrt(2 (1 + s^2)) - s) / sqrt(pi), .564 for s = 1 and .610 for s = 1/2."""
    exact, half = scores(run).values()
    floor = run.summary.targets[1].conditions["c1"]["floors"]
    behind = ((2 * (1 + 0.5**2)) ** 0.5 - 0.5 - 1) / np.pi**0.5
    within = norm.cdf(0.5 * norm.ppf(0.95)) - norm.cdf(0.5 * norm.ppf(0.05))
    chance = 4 * (2 / N) ** 0.5  # of shares, over the root of l (1 - l)
    for field in ("z_1", "z_2"):
        assert exact["crps"][field] == pytest.approx(np.pi**-0.5, abs=0.02)
        assert exact["crps"][field] == pytest.approx(floor["crps"][field], abs=0.002)
        assert half["crps"][field] - exact["crps"][field] == pytest.approx(behind, abs=0.015)
        assert abs(exact["coverage"][f"{field}/0.9"]) < chance * 0.09**0.5
        assert abs(half["coverage"][f"{field}/0.9"] - within + 0.9) < chance * (within * (1 - within)) ** 0.5


def test_the_energy_score_is_half_the_energy_distance_above_its_floor(run):
    floor = run.summary.targets[1].conditions["c1"]["floors"]
    for found in (*scores(run).values(), floor):
        assert found["energy_score"]["all"] == pytest.approx((found["energy"]["d2"] + found["energy"]["mu"]) / 2)
    assert floor["energy_score"]["all"] == pytest.approx(floor["energy"]["mu"] / 2, rel=1e-3)
    assert scores(run)["half"]["energy_score"]["all"] > 1.02 * floor["energy_score"]["all"]


def test_kept_samples_have_these_scores_again(run):
    checks = [(each.subject, each.says) for each in api.verify(run.folder).checks if each.status == "ok"]
    assert checks[-1] == ("scores", "of 4 cells, computed again from their samples, are the same")


def test_the_page_tells_the_shares_that_are_covered(run, tmp_path):
    told = str(calibration_section(Reported(RunFolder(run.folder), run.summary, tmp_path)).body)
    assert "posterior: coverage of the truth&#x27;s runs" in told
    for by in scores(run).values():
        assert f"{100 * (0.9 + by['coverage']['z_2/0.9']):.1f} %" in told


def test_signed_weights_have_no_coverage_and_the_others_in_v_form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    target = {"kind": "conditional", "conditions": [{"a": 0.0, "b": 1.0}]}
    methods = [{"kind": "keeping:Weighing", "label": "weighing"}]
    answer = api.run(small.write(Path("a.yaml"), targets=[target], methods=methods, metrics=METRICS))
    (result,) = answer.summary.results
    found = result.scores["c1"]
    assert {*found} == {"energy", "crps", "energy_score"}
    assert found["energy_score"]["all"] == pytest.approx((found["energy"]["d2"] + found["energy"]["mu"]) / 2)
    assert {*found["crps"]} == {"u", "q"}
